"""A form protected by a Vouchsafe server, in one file of Django.

    pip install -r requirements.txt
    VOUCHSAFE_URL=https://vouchsafe.example.org VOUCHSAFE_SECRET=... python app.py runserver
"""

import json
import os
import sys
from urllib.parse import urlencode
from urllib.request import urlopen

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse, HttpResponseForbidden
from django.middleware.csrf import get_token
from django.urls import path
from django.utils.html import escape

VOUCHSAFE_URL = os.environ["VOUCHSAFE_URL"]
VOUCHSAFE_SECRET = os.environ["VOUCHSAFE_SECRET"]
SITEKEY = os.environ.get("VOUCHSAFE_SITEKEY", "my-site")

settings.configure(
    ALLOWED_HOSTS=["localhost", "127.0.0.1"],
    MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.environ.get("DJANGO_SECRET_KEY", os.urandom(32).hex()),
)


def verify(voucher, action):
    """What the Vouchsafe server says of a voucher."""
    fields = urlencode({"secret": VOUCHSAFE_SECRET, "response": voucher}).encode()
    with urlopen(f"{VOUCHSAFE_URL}/siteverify", fields, timeout=5) as response:
        answer = json.load(response)
    if answer["success"] and answer["action"] != action:
        return {"success": False, "error": "wrong-action"}
    return answer


def form(request):
    return HttpResponse(f"""<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width, initial-scale=1" />
  <meta name="color-scheme" content="light dark" />
  <title>Newsletter</title>
  <script type="module" src="{escape(VOUCHSAFE_URL)}/dist/vouchsafe.js"></script>
  <form method="post" action="/subscribe">
    <input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}" />
    <p><label>E-mail <input type="email" name="email" required /></label></p>
    <vouchsafe-widget data-sitekey="{escape(SITEKEY)}" data-action="subscribe"></vouchsafe-widget>
    <p><button>Subscribe</button></p>
  </form>
</html>""")


def subscribe(request):
    answer = verify(request.POST.get("vouchsafe-response", ""), "subscribe")
    if not answer["success"]:
        return HttpResponseForbidden("Not accepted: " + escape(answer.get("error") or answer["error-codes"][0]))
    return HttpResponse(f"Subscribed (score {answer['score']})")


urlpatterns = [path("", form), path("subscribe", subscribe)]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
