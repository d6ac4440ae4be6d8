package io.vigil.model.bundle;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.Map;
import java.util.SortedMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Stores a bundle's files in one step: nobody sees half a bundle. */
final class BundleWriter {
  // The DOS epoch: a bundle's zip must not depend on the clock.
  private static final LocalDateTime WRITTEN = LocalDateTime.of(1980, 1, 1, 0, 0);

  private BundleWriter() {}

  /**
   * Stores them as a folder.
   *
   * @return false when something stands there already
   */
  static boolean folder(SortedMap<String, byte[]> files, Path folder) throws IOException {
    if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    Path draft = Files.createTempDirectory(parent(folder), ".bundle-");
    try {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        Files.write(draft.resolve(file.getKey()), file.getValue());
      }
      Files.move(draft, folder, StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (IOException e) {
      for (String name : files.keySet()) {
        Files.deleteIfExists(draft.resolve(name));
      }
      Files.deleteIfExists(draft);
      // Another process may have stored a bundle there meanwhile.
      if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
        return false;
      }
      throw e;
    }
  }

  /**
   * Stores them as a zip, not compressed; the same files give the same bytes.
   *
   * @return false when something stands there already
   */
  static boolean zip(SortedMap<String, byte[]> files, Path zip) throws IOException {
    if (Files.exists(zip, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    Path draft = Files.createTempFile(parent(zip), ".bundle-", ".zip");
    try {
      try (OutputStream out = Files.newOutputStream(draft)) {
        zip(files, out);
      }
      // A link, unlike a move, never replaces what another process put there meanwhile.
      Files.createLink(zip, draft);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  /** Writes them as a zip, not compressed, and closes it. */
  static void zip(SortedMap<String, byte[]> files, OutputStream out) throws IOException {
    try (ZipOutputStream packed = new ZipOutputStream(out)) {
      packed.setMethod(ZipOutputStream.STORED);
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        packed.putNextEntry(entry(file.getKey(), file.getValue()));
        packed.write(file.getValue());
        packed.closeEntry();
      }
    }
  }

  private static Path parent(Path path) throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IOException("a bundle cannot be stored at " + path);
    }
    return Files.createDirectories(parent);
  }

  private static ZipEntry entry(String name, byte[] content) {
    ZipEntry entry = new ZipEntry(name);
    entry.setTimeLocal(WRITTEN);
    entry.setSize(content.length);
    entry.setCompressedSize(content.length);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setCrc(crc.getValue());
    return entry;
  }
}
