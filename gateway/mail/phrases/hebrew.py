from gateway.mail.phrases.language import Phrases

HEBREW = Phrases(
    "he",
    openers="בתאריך|ב|ביום",
    wrote="כתב|כתבה|כתב/ה",
    wrote_by="מאת",
    calendar="יום|א|ב|ג|ד|ה|ו|ש|ינואר|פברואר|מרץ|אפריל|מאי|יוני|יולי|אוגוסט|ספטמבר|אוקטובר|נובמבר|דצמבר",
    author="מאת|שולח",
    recipient="אל|לכבוד",
    copy="עותק|העתק",
    date="תאריך|נשלח",
    subject="נושא|הנדון",
    original="הודעה מקורית",
    forward_stem="הועבר|שהועבר|מועבר",
    forwarded="הודעה שהועברה|הודעה מועברת|תחילת ההודעה שהועברה|תחילת הודעה שהועברה",
    forward_prefix="הועבר",
    sent_from="נשלח מ",
    undelivered="לא ניתן למסור|המסירה נכשלה",
    vacation="תשובה אוטומטית|מחוץ למשרד",
)
