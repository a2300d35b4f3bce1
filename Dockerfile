# One image for all five programs; docker-compose.yml says which of them a container runs.
FROM python:3.11-slim AS build
WORKDIR /source
RUN python -m venv /opt/lineside
COPY requirements-runtime.lock ./
RUN /opt/lineside/bin/pip install --no-cache-dir --require-hashes -r requirements-runtime.lock
COPY pyproject.toml LICENSE ./
COPY device_profiles ./device_profiles
COPY edge ./edge
COPY gateway ./gateway
COPY mes_server ./mes_server
COPY hmi ./hmi
COPY simulators ./simulators
RUN /opt/lineside/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/lineside --create-home lineside
COPY --from=build /opt/lineside /opt/lineside
COPY docker/healthy.py /opt/lineside/healthy.py
ENV PATH=/opt/lineside/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER lineside
WORKDIR /var/lib/lineside
VOLUME ["/var/lib/lineside"]
