from gateway.mail.phrases.language import Phrases

INDONESIAN = Phrases(
    "id",
    openers="pada|tanggal|pada tanggal|pada hari",
    wrote="menulis|menulis pesan berikut|telah menulis",
    calendar="senin|selasa|rabu|kamis|jumat|sabtu|minggu|sen|sel|rab|kam|jum|sab|min|januari|februari|maret|april|mei|juni|juli"
    "|agustus|oktober|desember|agt|agu|okt|des",
    author="dari|pengirim",
    recipient="kepada|untuk|ke|penerima",
    copy="cc|tembusan",
    date="tanggal|dikirim|terkirim",
    subject="perihal|subjek|judul",
    original="pesan asli|pesan asal",
    forward_stem="terusan|diteruskan",
    forwarded="pesan terusan|pesan diteruskan|pesan yang diteruskan|awal pesan diteruskan|mulai pesan yang diteruskan"
    "|mulai pesan diteruskan|mulai pesan terusan",
    sent_from="dikirim dari|dikirim menggunakan",
    undelivered="tidak dapat dikirim|tidak terkirim|gagal dikirim",
    vacation="balasan otomatis|di luar kantor",
    words="dan yang di tidak untuk saya ini dengan itu dari ada akan bisa terima kasih mohon pada kami anda sudah",
)
