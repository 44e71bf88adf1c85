from gateway.mail.phrases.language import Phrases

ENGLISH = Phrases(
    "en",
    openers="on|at|date|in message dated|in a message dated",
    wrote="wrote|writes|sent|said|replied",
    starts="message from|quoting",
    calendar="monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|january"
    "|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sep"
    "|sept|oct|nov|dec",
    author="from|sender",
    recipient="to|recipient|recipients",
    copy="cc|bcc|carbon copy",
    date="date|sent|sent at|received|sent on",
    subject="subject",
    reply_to="reply-to|reply to|organization|importance|attachments|return-path|mailed-by|resent-from|priority|message-id|in-reply-to",
    original="original message|reply message|original appointment|original email|original mail|message d'origine"
    "|replied message|previous message|original message follows",
    forward_stem="forward|fwd|resent",
    forwarded="forwarded message|begin forwarded message|forwarded by|forwarded mail|forwarded email|start of forwarded message"
    "|fwd.msg|forward message|inline original message|forwarding messages",
    forward_prefix="fwd|fw|forwarded|forward",
    sent_from="sent from my|sent from mail for|sent from outlook|sent from yahoo|sent from samsung|sent with|sent via"
    "|sent using|sent from the|sent from a|sent from|get outlook for|sent by|this message was sent from my"
    "|sent on the|virus-free",
    vacation="out of office|out of the office|automatic reply|auto reply|autoreply|auto-reply|auto response|autoresponse"
    "|automated reply|automated response|vacation|on vacation|away from the office|i am away|i'm away|i am out of"
    "|auto:|away:|absence|on leave|annual leave|auto responder|autoresponder|auto-response|auto-responder|i'm on vacation"
    "|i am on vacation|i'm out of|i am currently out|i'm currently out|currently out of|away from my|away from my desk"
    "|i am on leave|on holiday|automatic response|automatic out of office",
    words="i a be will just an as at hello hi thanks thank yes no the and you for not with that this have from please your"
    " are but can was is to of in it my we on what when how there",
)
