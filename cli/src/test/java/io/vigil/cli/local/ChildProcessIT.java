package io.vigil.cli.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.cli.CliException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildProcessIT {

  private static final Duration SOON = Duration.ofSeconds(30);

  private final Path logs;

  ChildProcessIT(@TempDir Path logs) {
    this.logs = logs;
  }

  @Test
  void readyLineEnvironmentAndOrderlyEnd() throws IOException, InterruptedException {
    ChildProcess child = start("ready");
    assertThat(child.awaitReady(SOON)).isEqualTo("web=http://localhost:1 pin=avx2");
    assertThat(child.isAlive()).isTrue();
    child.close();
    assertThat(child.awaitExit(SOON)).isZero();
    assertThat(Files.readString(child.log())).contains("something else");
  }

  @Test
  void failureIsTheChildsOwnLine() throws InterruptedException {
    try (ChildProcess child = start("fail")) {
      assertThatThrownBy(() -> child.awaitReady(SOON))
          .isInstanceOf(CliException.class)
          .hasMessage("job: no such artefact");
      assertThat(child.describeEnd())
          .startsWith("the stand-in ended with exit code 239: job: no such artefact; its log is ");
    }
  }

  @Test
  void killedChildIsNamedWithItsSignal() throws InterruptedException {
    try (ChildProcess child = start("ready")) {
      child.awaitReady(SOON);
      assertThat(child.handle().destroyForcibly()).isTrue();
      assertThat(child.awaitExit(SOON)).isEqualTo(137);
      assertThat(child.describeEnd()).contains("was killed by signal 9 (SIGKILL");
    }
  }

  @Test
  void stubbornChildIsKilled() throws InterruptedException {
    ChildProcess child = start("stubborn");
    child.awaitReady(SOON);
    child.close();
    assertThat(child.isAlive()).isFalse();
  }

  private ChildProcess start(String behaviour) {
    return ChildProcess.start(
        new ChildProcess.Spec(
            "stand-in",
            StandIn.class.getName(),
            List.of(behaviour),
            List.of("-Xmx64m"),
            Map.of("PIN", "avx2"),
            logs));
  }
}
