from gateway.mail.phrases.language import Phrases

JAPANESE = Phrases(
    "ja",
    openers="日時",
    wrote="のメッセージ|さんは書きました|は書きました|さんが書きました|のメール|wrote",
    calendar="月曜日|火曜日|水曜日|木曜日|金曜日|土曜日|日曜日|午前|午後|年|月|日",
    author="差出人|送信者|送信元|発信者|発信元",
    recipient="宛先|送信先|受信者",
    copy="cc|写し|bcc",
    date="日時|送信日時|日付|送信日|送信日付",
    subject="件名|題名",
    original="元のメッセージ|オリジナルメッセージ|元のメール|転送元のメッセージ|返信メッセージ|original message|元メッセージ"
    "|元のメール内容",
    forward_stem="転送",
    forwarded="転送メッセージ|メッセージを転送|転送されたメッセージ"
    "|転送メール|以下は転送メッセージです|転送されたメール|forwarded message|メッセージの転送|転送されたメッセージの先頭",
    forward_prefix="転送|fwd",
    sent_from="… 版 outlook を入手|outlook for … を入手|ウイルス フリー|…から送信|…から送信されました|… を入手",
    undelivered="配信不能|配信できません|配信に失敗|配信失敗|送信できません|届けることができません",
    vacation="自動応答|自動返信|不在|休暇|外出中|不在通知|不在のお知らせ|自動応答メッセージ",
)
