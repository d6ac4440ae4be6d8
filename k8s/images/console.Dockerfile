# The case console. Built from k8s/target/images/console, which `mvn -Pimages package` fills;
# docs/images.md.
ARG JAVA=eclipse-temurin:17.0.16_8-jre-noble

FROM ${JAVA} AS files
COPY lib/ /opt/vigil/lib/
RUN chown -R root:root /opt/vigil && chmod -R a=rX /opt/vigil

FROM ${JAVA}
RUN groupadd --gid 10001 vigil && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin vigil
COPY --from=files /opt/vigil/ /opt/vigil/
USER 10001:10001
EXPOSE 8080 9090
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=60", "-XX:+ExitOnOutOfMemoryError", "-Dlog4j2.configurationFile=vigil-log4j2-json.properties", "-cp", "/opt/vigil/lib/*", "io.vigil.console.ConsoleMain"]
