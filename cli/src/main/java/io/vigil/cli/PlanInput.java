package io.vigil.cli;

import io.vigil.cli.ingest.ArchiveReader;
import io.vigil.cli.ingest.Ingested;
import io.vigil.cli.ingest.RecordReader;
import io.vigil.cli.local.DataDir;
import io.vigil.job.VigilOptions;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** What a plan replays: a file, or what a job has recorded. */
final class PlanInput {

  @ArgGroup(exclusive = false)
  private @Nullable InputOptions file;

  @Option(
      names = "--archive",
      required = true,
      paramLabel = "DIR",
      description =
          "In place of a file: the archive of a job (vigil.archive.dir), with its labels, in the order in which the job applied them.")
  private @Nullable Path archive;

  /**
   * Records to replay; closed by who opened them.
   *
   * @param ordered whether they are in effective order already
   * @param rows transactions to come, bad ones too
   * @param digest SHA-256 of all, 64 hex digits
   */
  record Records(
      Iterator<Ingested> all, boolean ordered, long rows, String digest, Closeable source)
      implements Closeable {
    @Override
    public void close() throws IOException {
      source.close();
    }
  }

  /** Opens it; see {@link InputOptions#open}. */
  Records open(DataDir data, Consumer<String> notice) throws IOException {
    if (archive != null) {
      ArchiveReader reader =
          ArchiveReader.open(
              archive,
              data.temporary(),
              VigilOptions.ORDER_FUTURE_LIMIT.defaultValue().toMillis(),
              VigilOptions.DEDUPE_HORIZON.defaultValue().toMillis());
      return new Records(reader, true, reader.rows(), reader.digest(), reader);
    }
    InputOptions given = given();
    String digest = FileDigest.sha256(given.path());
    RecordReader reader = given.open(data, notice);
    return new Records(reader, false, reader.rows(), digest, reader);
  }

  private InputOptions given() {
    if (file == null) {
      throw new IllegalStateException("--input or --archive is required");
    }
    return file;
  }

  /** What it is, in words. */
  String describe() {
    return archive != null
        ? "archive " + archive.toAbsolutePath().normalize().getFileName()
        : given().describe();
  }
}
