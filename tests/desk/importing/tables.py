"""Tables with the headings that Zammad, osTicket and Zoho Desk write out; every word in them is ours."""

ZAMMAD_USERS = """\
id,login,firstname,lastname,email,web,phone,mobile,organization,active,roles
3,anna@client.test,Anna,Nowak,anna@client.test,,,,Client,true,Customer
4,jan,Jan,Kowalski,jan@client.test,,,,Client,true,Customer
5,jan2,Jan,Kowalski,jan2@client.test,,,,Client,true,Customer
6,48600100200,Only,Phone,,,48600100200,,,true,Customer
"""
ZAMMAD = """\
#,Title,State,Priority,Group,Owner,Customer,Organization,Create Channel,Sender,Tags,Time Units Total,Created At,Updated At,Closed At
67001,Printer on fire,open,3 high,Support,Dana Agent,Anna Nowak,Client,email,Customer,"vip, printer",0.0,2026-10-01 08:00:00,\
2026-10-02 09:00:00,
67002,Invoice,pending reminder,2 normal,Company::Sales,Gone Person,boris@client.test,,web,Customer,,0.0,2026-10-03 08:00:00,\
2026-10-03 08:00:00,
67003,Old story,closed,1 low,Support,-,Anna Nowak,,email,Customer,,0.0,2026-09-01 08:00:00,2026-09-02 08:00:00,2026-09-02 08:00:00
67004,Whose?,new,2 normal,Support,-,Jan Kowalski,,email,Customer,,0.0,2026-10-04 08:00:00,2026-10-04 08:00:00,
67005,Parts,waiting for parts,2 normal,Warehouse,-,anna@client.test,,email,Customer,,0.0,2026-10-05 08:00:00,2026-10-05 08:00:00,
"""
ZAMMAD_ARTICLES = """\
id,ticket_id,ticket_number,from,to,cc,subject,message_id,in_reply_to,references,content_type,body,internal,sender,type,created_at
1,11,67001,Anna Nowak <anna@client.test>,support@desk.test,,Printer on fire,<first@client.test>,,,text/plain,It burns.,false,\
Customer,email,2026-10-01T08:00:00.000Z
2,11,67001,Old Desk <support@desk.test>,anna@client.test,,Re: Printer on fire [Ticket#67001],<answer@old.desk.test>,\
<first@client.test>,<first@client.test>,text/html,"<div>Use the <b>extinguisher</b>.<script>alert(1)</script></div>",false,Agent,\
email,2026-10-01T09:00:00.000Z
3,11,67001,Dana Agent,,,,,,,text/plain,They always say that.,true,Agent,note,2026-10-01T10:00:00.000Z
4,99,69999,x@client.test,,,,<other@client.test>,,,text/plain,Of a ticket that is not here.,false,Customer,email,2026-10-01T10:00:00.000Z
"""
OSTICKET = """\
Ticket Number;Date Created;Subject;From;From Email;Priority;Department;Help Topic;Source;Current Status;Last Updated;Due Date;\
Overdue;Answered;\
Agent Assigned;Team Assigned;Thread Count;Attachment Count;Issue Details
123456;2026-10-01 08:00:00;Не печатает;Иван Петров;ivan@client.test;Emergency;Support;Hardware;Email;Open;2026-10-02 08:00:00;;0;1;\
Agent, Dana;;3;0;"Совсем не печатает.
Вторая строка; с точкой с запятой."
654321;2026-10-01 08:00:00;Done;Иван Петров;ivan@client.test;Normal;Support;Hardware;Email;Closed;2026-10-02 08:00:00;;0;1;;;3;0;
"""
ZOHO_CONTACTS = """\
Contact ID,Salutation,First Name,Last Name,Contact Name,Account Name,Email,Secondary Email,Phone,Contact Owner
8900000000001,,Ewa,Lis,Ewa Lis,Client,ewa@client.test,ewa@home.test,,Dana Agent
8900000000002,,,Nomail,Nomail,Client,,,,Dana Agent
"""
ZOHO = """\
Ticket Id,Request Id,Department,Contact Name,Contact ID,Email,Phone,Subject,Description,Status,Product Name,Due Date,Priority,Channel,\
Category,Sub Category,Ticket Owner,Created Time,Modified Time,Account Name,Tags
8900000000101,101,Support,Ewa Lis,8900000000001,,,Login,<div>I cannot <i>log in</i>.</div>,Open,,,High,Email,Access,,Dana Agent,\
2026-10-01 08:00:00,2026-10-02 08:00:00,Client,vip
8900000000102,102,Support,Nomail,8900000000002,,,Phone,,On Hold,,,-None-,Phone,,,,2026-10-01 08:00:00,,Client,
8.90E+12,103,Support,Ewa Lis,8900000000001,,,Kept,,Escalated,,,Medium,Email,,,,01 Oct 2026 08:00 AM,,Client,
"""
ZOHO_THREADS = """\
ThreadExtId,TicketExtId,Content,SendDateTime,ReceivedTime,Sender Email,Direction,isPrivate,FromEmailAddress,To
1,8900000000101,I cannot log in.,2026-10-01T08:00:00.000Z,2026-10-01T08:00:00.000Z,ewa@client.test,In,false,ewa@client.test,\
support@desk.test
2,8900000000101,"Try again, please.",2026-10-01T09:00:00.000Z,2026-10-01T09:00:00.000Z,dana@staff.test,Out,false,dana@staff.test,\
ewa@client.test
3,8900000000101,NULL,2026-10-01T09:30:00.000Z,2026-10-01T09:30:00.000Z,dana@staff.test,Out,true,dana@staff.test,
"""
