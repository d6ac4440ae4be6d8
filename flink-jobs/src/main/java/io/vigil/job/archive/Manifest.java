package io.vigil.job.archive;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Says what a day's folder holds after it was rewritten: which rewritten files count, and which
 * files they stand for, should those still be there. Of several the one with the highest generation
 * holds. Immutable.
 *
 * @param generation from 1
 * @param files that count, none when the day has expired
 * @param replaced names of files that no longer count
 * @param expired the instant at which what may go was left out, ISO 8601; null when nothing was
 */
record Manifest(int generation, List<Entry> files, Set<String> replaced, @Nullable String expired) {
  private static final String PREFIX = "compacted-";
  private static final String SUFFIX = ".manifest";
  private static final String TITLE = "vigil archive manifest 1";

  /**
   * A rewritten file.
   *
   * @param name within the day's folder
   * @param bytes its length
   * @param records in it
   */
  record Entry(String name, long bytes, long records) {}

  Manifest {
    files = List.copyOf(files);
    replaced = Set.copyOf(replaced);
  }

  /** Its own file's name. */
  static String name(int generation) {
    return PREFIX + generation + SUFFIX;
  }

  /** The generation that a file's name tells; 0 when it is no manifest. */
  static int generation(String name) {
    if (!name.startsWith(PREFIX) || !name.endsWith(SUFFIX)) {
      return 0;
    }
    String digits = name.substring(PREFIX.length(), name.length() - SUFFIX.length());
    return digits.matches("[1-9][0-9]{0,8}") ? Integer.parseInt(digits) : 0;
  }

  /** Whether a file counts only when a manifest names it. */
  static boolean isRewritten(String name) {
    return name.startsWith(PREFIX) && name.endsWith(".avro");
  }

  /** The name of a rewritten file. */
  static String rewritten(int generation, String run, int number) {
    return "%s%d-%s-%05d.avro".formatted(PREFIX, generation, run, number);
  }

  /** The text of its file; its last line is a checksum. */
  byte[] text() {
    StringBuilder text = new StringBuilder(TITLE).append('\n');
    text.append("generation\t").append(generation).append('\n');
    if (expired != null) {
      text.append("expired\t").append(expired).append('\n');
    }
    for (Entry file : files) {
      text.append("file\t").append(file.name).append('\t').append(file.bytes).append('\t');
      text.append(file.records).append('\n');
    }
    for (String name : new TreeSet<>(replaced)) {
      text.append("replaced\t").append(name).append('\n');
    }
    return (text + "sha256\t" + sha256(text.toString()) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads a manifest.
   *
   * @param name of its file, for messages
   * @throws IOException when it is not one, or not whole
   */
  static Manifest read(String name, byte[] bytes) throws IOException {
    String text = new String(bytes, StandardCharsets.UTF_8);
    int last = text.lastIndexOf("sha256\t");
    if (last < 0
        || !text.substring(last).equals("sha256\t" + sha256(text.substring(0, last)) + "\n")) {
      throw new IOException(name + ": expected a manifest with its checksum, got other bytes");
    }
    int generation = 0;
    String expired = null;
    List<Entry> files = new ArrayList<>();
    Set<String> replaced = new TreeSet<>();
    for (String line : text.substring(0, last).lines().toList()) {
      String[] words = line.split("\t", -1); // Empty words count.
      switch (words[0]) {
        case TITLE -> {}
        case "generation" -> generation = Integer.parseInt(words[1]);
        case "expired" -> expired = words[1];
        case "file" ->
            files.add(new Entry(words[1], Long.parseLong(words[2]), Long.parseLong(words[3])));
        case "replaced" -> replaced.add(words[1]);
        default -> throw new IOException(name + ": expected lines of version 1, got " + words[0]);
      }
    }
    return new Manifest(generation, files, replaced, expired);
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
