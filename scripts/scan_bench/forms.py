"""What is asked for: headers of a program that wants JSON, and of a phone that wants a page."""

from typing import Final

JSON: Final = """\
User-Agent: scan-bench
Accept: application/json
Accept-Encoding: gzip"""

HTML: Final = """\
User-Agent: Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140 Mobile
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8
Accept-Language: zh-CN,zh;q=0.9,en;q=0.8
Accept-Encoding: gzip, deflate, br
Upgrade-Insecure-Requests: 1"""
