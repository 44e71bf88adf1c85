import asyncio,time,subprocess,sys
import pytest, aiosmtplib
from tests.conftest import *
from tests.outbound.test_sender import sending,add,SmtpTransport,Relay,new_letter,text
from tests.outbound.letters import letter
from gateway.outbound.assemble import assemble, copies
import structlog, logging
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
N=3000
async def test_bench(sessions, engine):
    proc=subprocess.Popen([sys.executable,'/tmp/bench_peer.py'],stdout=subprocess.PIPE,text=True)
    try:
        port=int(proc.stdout.readline())
        h=letter(); content=assemble(h,copies(h,h.recipients)[0],{})
        async def one(n):
            c=aiosmtplib.SMTP(hostname='127.0.0.1',port=port,start_tls=False); await c.connect()
            for _ in range(n): await c.sendmail('a@b.test',['c@d.test'],content)
            await c.quit()
        t=time.perf_counter(); cpu=time.process_time()
        await asyncio.gather(*(one(N//10) for _ in range(10)))
        bare=N/(time.perf_counter()-t); bcpu=(time.process_time()-cpu)/N*1000
        await add(sessions,*(new_letter() for _ in range(N)))
        t=time.perf_counter(); cpu=time.process_time()
        tr=SmtpTransport(Relay('127.0.0.1',port,hostname='x'))
        async with sending(sessions,tr,poll=5,sweep=5,heartbeat=4,lease=15,engine=engine):
            while True:
                async with sessions() as s:
                    if await s.scalar(text("select count(*) from outbox_messages where state='sent'"))==N: break
                await asyncio.sleep(0.1)
        ours=N/(time.perf_counter()-t); ocpu=(time.process_time()-cpu)/N*1000
        print(f"bare {bare:.0f}/s cpu {bcpu:.2f} ms, ours {ours:.0f}/s cpu {ocpu:.2f} ms, ratio {ours/bare:.2f}")
    finally:
        proc.kill()
