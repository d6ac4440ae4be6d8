package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {
  @TempDir private Path directory;

  @Test
  void theNewestThatIsCompleteIsFoundWhateverItsKind() throws IOException {
    assertThat(newest()).isEqualTo("none");

    complete("job-a/chk-7", 1_000);
    complete("job-b/chk-2", 2_000);
    Files.createDirectories(directory.resolve("job-b/chk-3"));
    complete("job-b/shared", 9_000);
    assertThat(newest()).endsWith("/job-b/chk-2");

    complete("savepoint-ab12-cd", 3_000);
    Files.createDirectories(directory.resolve("savepoint-begun"));
    assertThat(newest()).endsWith("/savepoint-ab12-cd");

    complete("job-c/chk-1", 4_000);
    assertThat(newest()).endsWith("/job-c/chk-1");
  }

  private String newest() {
    return Checkpoints.newest(directory.toUri().toString()).orElse("none");
  }

  private void complete(String name, long writtenMs) throws IOException {
    Path metadata = directory.resolve(name).resolve("_metadata");
    Files.createDirectories(metadata.getParent());
    Files.createFile(metadata);
    Files.setLastModifiedTime(metadata, FileTime.fromMillis(writtenMs));
  }
}
