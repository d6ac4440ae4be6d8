package io.vigil.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A disk of its own that can really be full: a file system in memory. Mounting needs root, or sudo
 * that asks for no password; where neither is to be had it is a folder like any other.
 */
final class SmallDisk implements AutoCloseable {
  private static final int CHUNK = 1 << 16;

  private final Path path;
  private final boolean mounted;
  private final Thread unmount = new Thread(this::unmount);

  private SmallDisk(Path path, boolean mounted) {
    this.path = path;
    this.mounted = mounted;
  }

  /**
   * Mounts it.
   *
   * @param mountPoint a folder to be made
   */
  static SmallDisk of(Path mountPoint, int mebibytes) throws IOException {
    Files.createDirectories(mountPoint);
    String size = "size=" + mebibytes + "m,mode=1777";
    SmallDisk disk =
        new SmallDisk(
            mountPoint, asRoot("mount", "-t", "tmpfs", "-o", size, "small", mountPoint.toString()));
    // A test that is interrupted leaves no mount behind.
    Runtime.getRuntime().addShutdownHook(disk.unmount);
    return disk;
  }

  private static boolean asRoot(String... command) throws IOException {
    for (List<String> prefix : List.of(List.<String>of(), List.of("sudo", "-n"))) {
      List<String> words = new ArrayList<>(prefix);
      words.addAll(List.of(command));
      try {
        if (new ProcessBuilder(words).inheritIO().start().waitFor() == 0) {
          return true;
        }
      } catch (IOException e) {
        // There is no such program.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException(e);
      }
    }
    return false;
  }

  /** Whether it can be full, being a disk indeed. */
  boolean mounted() {
    return mounted;
  }

  /** Its root. */
  Path path() {
    return path;
  }

  /** Takes all the room that is left. */
  void fill() throws IOException {
    try (OutputStream out = Files.newOutputStream(ballast())) {
      while (true) {
        out.write(new byte[CHUNK]);
      }
    } catch (IOException e) {
      if (!String.valueOf(e.getMessage()).contains("No space left")) {
        throw e;
      }
    }
  }

  /** Gives the room back. */
  void free() throws IOException {
    Files.deleteIfExists(ballast());
  }

  private Path ballast() {
    return path.resolve("ballast");
  }

  private void unmount() {
    if (!mounted) {
      return;
    }
    try {
      // Lazily: it goes when the last who reads it is gone.
      var unused = asRoot("umount", "-l", path.toString());
    } catch (IOException e) {
      throw new IllegalStateException("unmounting " + path, e);
    }
  }

  @Override
  public void close() {
    Runtime.getRuntime().removeShutdownHook(unmount);
    unmount();
  }
}
