package io.vigil.job.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.serving.CrashLog;
import io.vigil.model.serving.ScoringBatch;
import io.vigil.model.serving.ScoringService;
import io.vigil.model.serving.ServedModel;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that crash, or are killed, inside a model. */
class CrashLogTest {
  @TempDir private Path folder;

  @Test
  void twoCrashesQuarantineTheModel() throws Exception {
    Bundle bundle = StubEngine.bundle("crashing");

    assertThat(run("crash")).isNotZero();
    assertThat(CrashLog.in(folder).crashes(bundle.digest())).isEqualTo(1);
    assertThat(run("crash")).isNotZero();
    assertThat(CrashLog.in(folder).crashes(bundle.digest())).isEqualTo(2);

    assertThat(run("crash")).isEqualTo(3);
  }

  @Test
  void aModelIsNotBlamedForAKill() throws Exception {
    Bundle bundle = StubEngine.bundle("crashing");

    assertThat(run("halt")).isEqualTo(9);

    assertThat(CrashLog.in(folder).crashes(bundle.digest())).isZero();
    assertThat(folder.toFile().list((f, name) -> name.endsWith(".mark"))).isEmpty();
  }

  private int run(String how) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("hs_err_pid%p.log"),
                "-cp",
                System.getProperty("java.class.path"),
                Crashing.class.getName(),
                folder.toString(),
                how)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("out.txt").toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  /** Scores a row with a model that takes the process down; 3 when the model is not run. */
  static final class Crashing {
    public static void main(String[] args) throws Exception {
      boolean crash = args[1].equals("crash");
      StubEngine.tell(
          "crashing",
          (inputs, rows, logits) -> {
            // The golden vector is scored when the bundle is opened; one row more is ours.
            if (inputs[0] == 42 / 100f) {
              if (crash) {
                writeToNowhere();
              }
              Runtime.getRuntime().halt(9);
            }
            StubEngine.sum(inputs, rows, logits);
          });
      try (ScoringService service = ScoringService.share("cpu", 1, CrashLog.in(Path.of(args[0])));
          ServedModel model =
              service.serve(StubEngine.bundle("crashing"), List.of("shown", "night"))) {
        ScoringBatch batch = new ScoringBatch(model, 1);
        batch.add(new float[] {42, 0});
        service.submit(batch, 0, () -> {});
        batch.await(30_000);
        System.exit(model.quarantined() && "quarantine".equals(batch.failure()) ? 3 : 0);
      }
    }

    /** There is no way to crash a JVM in its own language, but for this. */
    private static void writeToNowhere() {
      try {
        Class<?> unsafe = Class.forName("sun.misc.Unsafe");
        Field field = unsafe.getDeclaredField("theUnsafe");
        field.setAccessible(true);
        unsafe.getMethod("putAddress", long.class, long.class).invoke(field.get(null), 0L, 0L);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
