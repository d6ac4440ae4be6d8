package io.vigil.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

/** What machines may ask without signing in. */
class MetricsTest {

  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void showsTheQueueAndHowRequestsWereAnsweredButNoId() throws Exception {
    try (TestConsole console = new TestConsole(null)) {
      TestConsole.Client ada = console.client("ada");
      assertThat(ada.send("GET", "/api/cases/4711", null).statusCode()).isEqualTo(404);
      assertThat(console.client().send("GET", "/metrics", null).statusCode()).isEqualTo(404);

      HttpResponse<String> metrics = get(console.metrics() + "/metrics");

      assertThat(metrics.statusCode()).isEqualTo(200);
      assertThat(metrics.body())
          .contains("vigil_console_cases{status=\"open\"} 0.0")
          .contains("vigil_console_oldest_open_case_seconds 0.0")
          .contains("vigil_console_overdue_cases 0.0")
          .contains("vigil_console_outbox_records 0.0")
          .contains("vigil_console_database_up 1.0")
          .contains("route=\"/api/cases/{id}\",status=\"404\"")
          .contains("jvm_memory_used_bytes")
          .doesNotContain("4711")
          .doesNotContain("ada");
    }
  }

  @Test
  void isReadyWhileTheDatabaseAnswers() throws Exception {
    try (TestConsole console = new TestConsole(null)) {
      assertThat(get(console.metrics() + "/live").statusCode()).isEqualTo(200);
      assertThat(get(console.metrics() + "/ready").body()).isEqualTo("ready");
    }
  }

  private HttpResponse<String> get(String url) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
  }
}
