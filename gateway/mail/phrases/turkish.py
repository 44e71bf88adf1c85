from gateway.mail.phrases.language import Phrases

TURKISH = Phrases(
    "tr",
    openers="tarih",
    wrote="şunu yazdı|yazdı|şunları yazdı|tarihinde şunu yazdı|yazmış",
    calendar="pazartesi|salı|çarşamba|perşembe|cuma|cumartesi|pazar|pzt|sal|çar|per|cum|cmt|paz|ocak|şubat|mart|nisan|mayıs"
    "|haziran|temmuz|ağustos|eylül|ekim|kasım|aralık|oca|şub|mar|nis|may|haz|tem|ağu|eyl|eki|kas|ara",
    author="kimden|gönderen",
    recipient="kime|alıcı|kime/alıcı",
    copy="bilgi|cc|gizli",
    date="tarih|gönderildi|gönderilen|gönderilme tarihi|gönderme tarihi",
    subject="konu",
    original="orijinal mesaj|özgün ileti|orjinal mesaj|asıl ileti|orijinal ileti|özgün mesaj",
    forward_stem="iletil|yönlendir",
    forwarded="iletilen ileti|iletilmiş mesaj|iletilen mesaj|yönlendirilmiş ileti|iletilen ileti başlangıcı|iletilmiş ileti"
    "|yönlendirilen mesaj|iletilen e-posta başlangıcı|ileti başlangıcı|iletilen mesaj başlangıcı",
    forward_prefix="ilt|i̇lt|i|fwd|yön|ilet|iletilen",
    sent_from="iphone'umdan gönderildi|iphone’umdan gönderildi|ipad'imden gönderildi|…mdan gönderildi|…mden gönderildi"
    "|windows için … gönderildi|android'de … gönderildi|android için … gönderildi|… outlook'u edinin"
    "|… outlook uygulamasını edinin",
    undelivered="teslim edilem|iletilemedi|teslim edilmedi",
    vacation="otomatik yanıt|ofis dışında|otomatik cevap|izinde|ofis dışındayım|otomatik mesaj|izindeyim|yıllık izin",
    words="ve bir bu için de da ne var ile ben çok ama gibi daha merhaba teşekkürler değil olarak olan nasıl mi mı lütfen bana şu kadar",
)
