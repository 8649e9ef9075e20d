# docker build -t gansmith .
# docker run --rm -v "$PWD:/data" gansmith train folder --data my-pictures      (with a GPU: add --gpus all)
FROM python:3.12-slim
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY gansmith gansmith
RUN pip install --no-cache-dir --constraint constraints.txt .
# downloads, prepared data and measuring networks stay with the runs, outside the container
ENV GANSMITH_CACHE=/data/.gansmith
WORKDIR /data
ENTRYPOINT ["gansmith"]
CMD ["--help"]
