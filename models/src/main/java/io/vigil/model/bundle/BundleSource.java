package io.vigil.model.bundle;

import io.vigil.model.artefact.StrictZip;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where the files of a bundle come from: a folder, a zip, or the class path. */
interface BundleSource {
  /** No file of a bundle may have more bytes, and no zip. */
  int BYTES_MAX = 256 << 20;

  /** Signatures may stand beside the files; nothing here reads them. */
  String SIGNATURES = "signatures";

  /** The names of all files there are, or none where they cannot be listed. */
  Set<String> names() throws IOException;

  /**
   * The first bytes of the file of that name, or null when there is none.
   *
   * @param most how many, at least 0
   */
  byte @Nullable [] bytes(String name, int most) throws IOException;

  /**
   * The files of a folder.
   *
   * @throws BundleException when something in it is a link or a folder, but for signatures
   */
  static BundleSource folder(Path folder) {
    return new BundleSource() {
      @Override
      public Set<String> names() throws IOException {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> entries = Files.list(folder)) {
          for (Path entry : (Iterable<Path>) entries.sorted()::iterator) {
            String name = entry.getFileName().toString();
            if (name.equals(SIGNATURES) && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
              continue;
            }
            if (!Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS)) {
              throw new BundleException(
                  "bundle %s: '%s' must be a plain file, not a link or folder"
                      .formatted(folder, name));
            }
            names.add(name);
          }
        } catch (UncheckedIOException e) {
          throw new IOException(e);
        }
        return names;
      }

      @Override
      public byte @Nullable [] bytes(String name, int most) throws IOException {
        Path file = folder.resolve(name);
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
          return in.readNBytes(most);
        } catch (NoSuchFileException e) {
          return null;
        }
      }
    };
  }

  /**
   * The files of a zip, which stand at its top.
   *
   * @throws BundleException when it is no zip, leaves anything to interpretation (see {@link
   *     StrictZip}), or holds folders other than signatures
   */
  static BundleSource zip(Path zip) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(zip)) {
      bytes = in.readNBytes(BYTES_MAX + 1);
    }
    if (bytes.length > BYTES_MAX) {
      throw new BundleException("bundle %s must have at most %d bytes".formatted(zip, BYTES_MAX));
    }
    return zip(zip.toString(), bytes, BYTES_MAX);
  }

  /**
   * As {@link #zip(Path)}, of a zip in memory.
   *
   * @param zip names it in messages
   * @param deflatedMax how many bytes all that is compressed in it may unpack to
   */
  static BundleSource zip(String zip, byte[] bytes, int deflatedMax) {
    Map<String, StrictZip.Entry> files = new HashMap<>();
    try {
      StrictZip.Limits limits = new StrictZip.Limits(64, BYTES_MAX, deflatedMax);
      for (StrictZip.Entry entry : StrictZip.read(bytes, limits)) {
        if (entry.name().startsWith(SIGNATURES + "/")) {
          continue;
        }
        if (entry.name().contains("/")) {
          throw new IllegalArgumentException(
              "entry '%s' is in a folder: expected the bundle's files at the top"
                  .formatted(entry.name()));
        }
        files.put(entry.name(), entry);
      }
    } catch (IllegalArgumentException e) {
      throw new BundleException("bundle %s: %s".formatted(zip, e.getMessage()), e);
    }
    return new BundleSource() {
      @Override
      public Set<String> names() {
        return new TreeSet<>(files.keySet());
      }

      @Override
      public byte @Nullable [] bytes(String name, int most) {
        StrictZip.Entry entry = files.get(name);
        if (entry == null) {
          return null;
        }
        byte[] start = new byte[Math.min(most, entry.content().remaining())];
        entry.content().duplicate().get(start);
        return start;
      }
    };
  }

  /** The files below a place of the class path. */
  static BundleSource classPath(String place) {
    return new BundleSource() {
      @Override
      public Set<String> names() {
        return Set.of();
      }

      @Override
      public byte @Nullable [] bytes(String name, int most) throws IOException {
        try (InputStream in = BundleSource.class.getResourceAsStream(place + "/" + name)) {
          return in == null ? null : in.readNBytes(most);
        }
      }
    };
  }

  /** Files that are in memory. */
  static BundleSource of(Map<String, byte[]> files) {
    return new BundleSource() {
      @Override
      public Set<String> names() {
        return files.keySet();
      }

      @Override
      public byte @Nullable [] bytes(String name, int most) {
        return files.get(name);
      }
    };
  }
}
