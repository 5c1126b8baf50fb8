# syntax=docker/dockerfile:1

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /venv
COPY requirements/base.txt /tmp/base.txt
RUN /venv/bin/pip install --require-hashes --only-binary :all: --requirement /tmp/base.txt

WORKDIR /srv/leadsync
COPY . .
# Catalogues and hashed, compressed static files are part of the image; no database or secret is needed for them.
RUN find leadsync/locale -name '*.po' -exec /venv/bin/python -c \
      "import sys, polib; [polib.pofile(po).save_as_mofile(po[:-2] + 'mo') for po in sys.argv[1:]]" {} + \
 && /venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
 && rm -f var/secret_key && rm -rf var/broker

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LEADSYNC_ENV=production
RUN useradd --system --uid 10001 --home-dir /srv/leadsync --no-create-home --shell /usr/sbin/nologin leadsync
COPY --from=build /venv /venv
COPY --from=build /srv/leadsync /srv/leadsync
WORKDIR /srv/leadsync
# Only the uploads are written to, and only they are a volume: static files stay those of this image.
RUN install --directory --owner leadsync --group leadsync var var/uploads
USER leadsync
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 CMD ["python", "-P", "leadsync/probe.py"]
CMD ["gunicorn", "leadsync.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", \
     "--threads", "8", "--timeout", "60", "--max-requests", "10000", "--max-requests-jitter", "1000", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--forwarded-allow-ips", "*"]
