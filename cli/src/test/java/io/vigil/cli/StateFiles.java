package io.vigil.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;

/** The checkpoints of a job that runs. */
final class StateFiles {
  private StateFiles() {}

  /**
   * Whether a checkpoint has tables, and among its bytes a text: the first ones may be taken before
   * any state is, or before what holds the text.
   *
   * @param text of 8 bytes or more
   */
  static boolean hold(Path state, String text) {
    if (!Files.isDirectory(state)) {
      return false;
    }
    try (Stream<Path> files = Files.walk(state)) {
      if (files.noneMatch(file -> file.endsWith("_metadata"))) {
        return false;
      }
      ByteSearch.Found found = new ByteSearch(Set.of(text)).below(state);
      return found.rocksdb() > 0 && found.texts().contains(text);
    } catch (UncheckedIOException | IOException e) {
      return false; // Flink removes an old checkpoint while we look.
    }
  }

  /** Copies what lies there now; a checkpoint that is removed meanwhile is left out. */
  static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else if (Files.exists(file)) {
          Files.copy(file, target);
        }
      }
    }
  }
}
