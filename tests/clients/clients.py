"""Shows vouchers to packages from PyPI, each unmodified but for the address it asks.

    python clients.py SERVER SECRET < lines of {"client": name, "voucher": text}

answers a line {"client": name, "accepted": true or false} each. `pyjwt` checks a receipt and a voucher as
any JOSE library would.
"""

import json
import sys

import django
from django.conf import settings

SERVER, SECRET = sys.argv[1:3]

settings.configure(
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["django.contrib.contenttypes", "django_recaptcha", "turnstile", "hcaptcha"],
    RECAPTCHA_PUBLIC_KEY="demo",
    RECAPTCHA_PRIVATE_KEY=SECRET,
    RECAPTCHA_DOMAIN=SERVER.split("://")[1],
    TURNSTILE_SECRET=SECRET,
    TURNSTILE_SITEKEY="demo",
    TURNSTILE_VERIFY_URL=f"{SERVER}/turnstile/v0/siteverify",
    HCAPTCHA_SECRET=SECRET,
    HCAPTCHA_SITEKEY="demo",
    HCAPTCHA_VERIFY_URL=f"{SERVER}/siteverify",
    SILENCED_SYSTEM_CHECKS=["django_recaptcha.recaptcha_test_key_error"],
)
django.setup()

from django import forms  # noqa: E402


def form_accepts(field, name, voucher):
    form = type("Form", (forms.Form,), {"captcha": field})(data={name: voucher})
    return form.is_valid()


def django_recaptcha(voucher):
    from django_recaptcha import client, fields

    # The one thing it has no setting for: that the address begins with http.
    # (Not a variable named `request`: the package looks for a page's request under that name.)
    original = client.Request
    client.Request = lambda url, **rest: original(url.replace("https://", "http://"), **rest)
    try:
        return form_accepts(fields.ReCaptchaField(), "g-recaptcha-response", voucher)
    finally:
        client.Request = original


def django_turnstile(voucher):
    from turnstile.fields import TurnstileField

    return form_accepts(TurnstileField(), "cf-turnstile-response", voucher)


def django_hcaptcha(voucher):
    from hcaptcha.fields import hCaptchaField

    return form_accepts(hCaptchaField(), "h-captcha-response", voucher)


def flask_wtf(voucher):
    from flask import Flask
    from flask_wtf import FlaskForm, RecaptchaField

    app = Flask(__name__)
    app.config.update(
        SECRET_KEY="for sessions",
        WTF_CSRF_ENABLED=False,
        RECAPTCHA_PUBLIC_KEY="demo",
        RECAPTCHA_PRIVATE_KEY=SECRET,
        RECAPTCHA_VERIFY_SERVER=f"{SERVER}/recaptcha/api/siteverify",
    )

    class Form(FlaskForm):
        recaptcha = RecaptchaField()

    with app.test_request_context(method="POST", data={"g-recaptcha-response": voucher}):
        return Form().validate_on_submit()


def flask_xcaptcha(voucher):
    from flask import Flask
    from flask_xcaptcha import XCaptcha

    app = Flask(__name__)
    app.config.update(
        XCAPTCHA_SITE_KEY="demo", XCAPTCHA_SECRET_KEY=SECRET, XCAPTCHA_VERIFY_URL=f"{SERVER}/siteverify"
    )
    xcaptcha = XCaptcha(app=app)
    with app.test_request_context(method="POST", data={"g-recaptcha-response": voucher}):
        return xcaptcha.verify()


def pyjwt(voucher):
    """A voucher by the key in its own header, or a receipt by the server's published keys."""
    import jwt

    header = jwt.get_unverified_header(voucher)
    try:
        if "jwk" in header:
            key = jwt.PyJWK(header["jwk"], algorithm="EdDSA").key
        else:
            key = jwt.PyJWKClient(f"{SERVER}/.well-known/jwks.json").get_signing_key_from_jwt(voucher).key
        claims = jwt.decode(voucher, key, algorithms=["EdDSA"], audience="demo", options={"require": ["exp", "iat"]})
    except jwt.InvalidTokenError:
        return False
    return claims["hostname"] == "localhost"


CLIENTS = {
    "django-recaptcha": django_recaptcha,
    "django-turnstile": django_turnstile,
    "django-hcaptcha": django_hcaptcha,
    "flask-wtf": flask_wtf,
    "flask-xcaptcha": flask_xcaptcha,
    "pyjwt": pyjwt,
}

for line in sys.stdin:
    ask = json.loads(line)
    accepted = CLIENTS[ask["client"]](ask["voucher"])
    print(json.dumps({"client": ask["client"], "accepted": bool(accepted)}), flush=True)
