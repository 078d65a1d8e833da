"""The lights as documents name them, where a page shows a coloured dot beside the word. By the value of tasks.rules.Light."""

LIGHT_NAMES = {"blue": "蓝灯", "green": "绿灯", "yellow": "黄灯", "red": "红灯", "grey": "灰灯"}
