from gateway.mail.phrases.language import Phrases

KOREAN = Phrases(
    "ko",
    wrote="작성|님이 작성|씀|님이 씀|님의 메시지|님이 작성한 메시지|썼습니다|작성했습니다",
    calendar="월요일|화요일|수요일|목요일|금요일|토요일|일요일|오전|오후|년|월|일",
    author="보낸 사람|보낸사람|발신인|발신",
    recipient="받는 사람|받는사람|수신인|수신",
    copy="참조|숨은 참조",
    date="날짜|보낸 날짜|보낸날짜|보냄|일시|발송일",
    subject="제목",
    original="원본 메시지|원본 메일|원본메시지|원본 이메일",
    forward_stem="전달",
    forwarded="전달된 메시지|전달된 메일|전달된 이메일|전달 메시지|forwarded message|전달된 메시지 시작|전달 메시지 시작",
    forward_prefix="전달",
    sent_from="나의 iphone에서 보냄|iphone에서 보냄|내 iphone에서|…에서 보냄|…에서 보낸 메일입니다|…용 outlook 다운로드",
    undelivered="배달되지 않음|배달하지 못|배달할 수 없|전송되지 못|전송 실패|반송",
    vacation="자동 회신|부재중|자동 응답|자동응답",
)
