# The whole gateway in one image: `docker build -t deskgate .`; docs/operations.md says how to run it.
# It installs requirements-runtime.lock, the part of requirements.lock without the tools of development.

FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements-runtime.lock ./
RUN python -m venv --without-pip .venv \
 && pip --python .venv/bin/python install --no-cache-dir --require-hashes --requirement requirements-runtime.lock
COPY pyproject.toml README.md config.example.toml ./
COPY gateway gateway
COPY storage storage
COPY migrations migrations
# In place, since storage, migrations and the built-in example stand beside the package. Compiled here: the service may not write there.
RUN pip --python .venv/bin/python install --no-cache-dir --no-deps --no-build-isolation --editable . \
 && .venv/bin/python -m compileall -q gateway storage migrations

FROM python:3.13-slim
RUN groupadd --gid 10001 deskgate \
 && useradd --uid 10001 --gid 10001 --create-home --home-dir /var/lib/deskgate --shell /usr/sbin/nologin deskgate
COPY --from=build /app /app
ENV PATH="/app/.venv/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    DESKGATE_HEALTH="http://127.0.0.1:8025/healthz"
# By number, so that orchestrators can see that it is not root.
USER 10001:10001
# config.toml is looked for here, and ./data beside it: one volume holds both.
WORKDIR /var/lib/deskgate
VOLUME ["/var/lib/deskgate"]
EXPOSE 2525 8025
HEALTHCHECK --interval=30s --timeout=6s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.build_opener(web.ProxyHandler({})).open(os.environ['DESKGATE_HEALTH'], timeout=5)"]
ENTRYPOINT ["deskgate"]
CMD ["serve"]
