from gateway.mail.phrases.language import Phrases

VIETNAMESE = Phrases(
    "vi",
    openers="vào|vào lúc|ngày|vào ngày|lúc",
    wrote="đã viết|viết",
    calendar="thứ hai|thứ ba|thứ tư|thứ năm|thứ sáu|thứ bảy|chủ nhật|th|cn|tháng|thg|t",
    author="từ|người gửi",
    recipient="đến|tới|người nhận",
    copy="cc|đồng gửi",
    date="ngày|đã gửi|ngày gửi|ngày giờ",
    subject="chủ đề|tiêu đề",
    original="thư gốc|tin nhắn gốc|thư ban đầu",
    forward_stem="chuyển tiếp",
    forwarded="tin nhắn đã chuyển tiếp|thư đã chuyển tiếp|bắt đầu thư chuyển tiếp|thư được chuyển tiếp|thư chuyển tiếp"
    "|bắt đầu thư được chuyển tiếp",
    sent_from="đã gửi từ|được gửi từ|gửi từ|tải outlook",
    undelivered="không thể gửi|không gửi được",
    vacation="trả lời tự động|vắng mặt",
    words="và là của không có cho được tôi với này một các trong bạn xin chào cảm ơn khi đã",
)
