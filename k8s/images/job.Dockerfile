# The job: Flink with the job jar, the engines' native libraries and the plugins for S3 and
# Prometheus. Built from k8s/target/images/job, which `mvn -Pimages package` fills; docs/images.md.
ARG FLINK=flink:2.3.0-scala_2.12-java17

# Nothing is compiled here; this stage only puts files into place with their rights.
FROM ${FLINK} AS files
COPY usrlib/ /opt/flink/usrlib/
COPY lib/ /opt/flink/lib/
COPY plugins/s3-fs-hadoop/ /opt/flink/plugins/s3-fs-hadoop/
COPY plugins/metrics-prometheus/ /opt/flink/plugins/metrics-prometheus/
RUN chown -R root:root /opt/flink/usrlib /opt/flink/lib /opt/flink/plugins \
 && chmod -R a=rX /opt/flink/usrlib /opt/flink/lib /opt/flink/plugins \
 && mkdir -p /opt/flink/rocksdb /opt/flink/tmp /opt/flink/crashes /opt/flink/log \
 && chown 9999:9999 /opt/flink/rocksdb /opt/flink/tmp /opt/flink/crashes /opt/flink/log

FROM ${FLINK}
# libgomp is what XGBoost needs and the base image lacks.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgomp1 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=files /opt/flink/ /opt/flink/
ENV DJL_OFFLINE=true
USER 9999:9999
