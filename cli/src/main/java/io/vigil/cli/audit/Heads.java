package io.vigil.cli.audit;

import io.vigil.job.archive.ArchiveFolder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What an archive has of heads. */
public final class Heads {
  private Heads() {}

  /**
   * The note of the longest log, whoever signed it.
   *
   * @throws IOException naming the file that cannot be read
   */
  public static Optional<String> newest(ArchiveFolder archive) throws IOException {
    List<String> trouble = new ArrayList<>();
    List<HeadScan.Signed> heads =
        new HeadScan(
                (what, where, expected, got) ->
                    trouble.add(new Finding(what, where, expected, got).text()))
            .read(archive);
    if (!trouble.isEmpty()) {
      throw new IOException(trouble.get(0));
    }
    return heads.isEmpty() ? Optional.empty() : Optional.of(heads.get(heads.size() - 1).note());
  }
}
