package io.vigil.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.ConfigurationFactory;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.message.SimpleMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The configurations of logs that the images and manifests name write one JSON object a line. */
class LogLayoutTest {

  @Test
  void theConsolesFile() throws Exception {
    JsonNode line =
        logged(
            Path.of("..", "console", "src", "main", "resources", "vigil-log4j2-json.properties"),
            "out");
    assertThat(line.path("message").asText()).isEqualTo("a topic cannot be read; topic cases");
    assertThat(line.path("log.level").asText()).isEqualTo("WARN");
    assertThat(line.path("error.stack_trace").asText()).contains("IllegalStateException");
    assertThat(Files.readString(Path.of("images", "console.Dockerfile")))
        .contains("-Dlog4j2.configurationFile=vigil-log4j2-json.properties");
  }

  @Test
  void theJobsConfiguration(@TempDir Path folder) throws Exception {
    JsonNode configuration =
        Overlay.of("production").only("FlinkDeployment").at("/spec/logConfiguration");
    assertThat(configuration.size()).isEqualTo(1);
    Path file = folder.resolve("log4j-console.properties");
    Files.writeString(file, configuration.path("log4j-console.properties").asText());
    assertThat(logged(file, "console").path("log.logger").asText()).isEqualTo("io.vigil.Some");
  }

  private static JsonNode logged(Path file, String appender) throws Exception {
    try (LoggerContext context = new LoggerContext("test")) {
      Configuration configuration =
          ConfigurationFactory.getInstance().getConfiguration(context, "test", file.toUri());
      context.start(configuration);
      Appender out = configuration.getAppender(appender);
      String text =
          new String(
              out.getLayout()
                  .toByteArray(
                      Log4jLogEvent.newBuilder()
                          .setLoggerName("io.vigil.Some")
                          .setLevel(Level.WARN)
                          .setMessage(new SimpleMessage("a topic cannot be read; topic cases"))
                          .setThrown(new IllegalStateException("why"))
                          .build()),
              StandardCharsets.UTF_8);
      assertThat(text.strip().lines()).hasSize(1);
      return Yaml.MAPPER.readTree(text);
    }
  }
}
