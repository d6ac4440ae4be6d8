package io.vigil.job.proof;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.schema.TreeHead;
import java.io.IOException;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/** The heads that an archive shows. Stateless. */
final class ArchivedHeads {
  /** A day has some thousand files, a head each; those written last are enough. */
  private static final int FILES_MOST = 20;

  private ArchivedHeads() {}

  /**
   * The newest one, by its size; null when there is none.
   *
   * @throws IOException naming the file that cannot be read
   */
  static @Nullable TreeHead newest(ArchiveFolder archive) throws IOException {
    NavigableMap<LocalDate, List<Path>> days = archive.files("heads");
    FileSystem files = archive.files();
    TreeHead[] newest = {null};
    for (List<Path> parts : days.descendingMap().values()) {
      record Written(Path path, long timeMs) {}
      List<Written> written = new java.util.ArrayList<>();
      for (Path part : parts) {
        written.add(new Written(part, files.getFileStatus(part).getModificationTime()));
      }
      written.sort(Comparator.comparingLong(Written::timeMs).reversed());
      for (Written each : written.subList(0, Math.min(FILES_MOST, written.size()))) {
        archive.read(
            each.path,
            TreeHead.class,
            head -> {
              if (newest[0] == null || head.getSize() > newest[0].getSize()) {
                newest[0] = TreeHead.newBuilder(head).build();
              }
            });
      }
      if (newest[0] != null) {
        return newest[0];
      }
    }
    return null;
  }
}
