package io.vigil.model.rule;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.Artefacts;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A list of texts that rules ask, such as blocked devices. Immutable and thread-safe; a look-up of
 * an ASCII text allocates nothing.
 *
 * <p>The entries stay where they are in the file's bytes; beside them is an open-addressing index
 * of one int a slot: 4 to 11 bytes an entry beyond the file. Membership is exact: an entry found by
 * its hash is compared byte by byte. The hash begins with a part of the file's digest, so that
 * nobody who gets entries into a list can choose which of them collide.
 *
 * <p>The format stands at {@link EntryListReader}.
 */
public final class EntryList {
  /** Entries at most. */
  public static final int ENTRIES_MAX = 10_000_000;

  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;
  private static final long WORD_MULTIPLIER = 0xC2B2AE3D27D4EB4FL;
  private static final int HEX = 16;
  private static final int SEED_DIGITS = 15;

  private final String name;
  private final int version;
  private final List<String> of;
  private final String digest;
  private final byte[] file;
  private final Hashing hashing;

  /** By slot, where an entry begins in the file, plus 1; 0 for none. A power of two of them. */
  private int[] slots = new int[2];

  private int size;

  /** A hash of the bytes of a text; the same for a text and its UTF-8 bytes. */
  interface Hashing {
    long ofBytes(byte[] bytes, int from, int to);

    /** Of a text, all of whose characters are ASCII. */
    long ofAscii(String text);
  }

  /**
   * @param of see {@link #of}
   */
  EntryList(
      String name, int version, List<String> of, String digest, byte[] file, Hashing hashing) {
    this.name = name;
    this.version = version;
    this.of = List.copyOf(of);
    this.digest = digest;
    this.file = file;
    this.hashing = hashing;
  }

  /**
   * Reads a list.
   *
   * @param file the whole file, which the list keeps: it must not be changed afterwards
   * @param origin where it came from, for messages
   * @throws ArtefactException at the first thing that is wrong
   */
  public static EntryList read(byte[] file, String origin) {
    String digest = Artefacts.digest(file);
    long seed = Long.parseLong(digest.substring(0, SEED_DIGITS), HEX);
    return new EntryListReader(file, origin).read(digest, new Seeded(seed));
  }

  /** Makes room for so many entries, at most three quarters of the slots. Only before the first. */
  void reserve(int entries) {
    int atLeast = (int) Math.max(2, (long) entries * 4 / 3 + 1);
    slots = new int[Integer.highestOneBit(atLeast - 1) << 1];
  }

  /**
   * Adds an entry while the list is being read.
   *
   * @return false when it is there already
   */
  boolean add(int from, int to) {
    int slot = slot(hashing.ofBytes(file, from, to));
    while (slots[slot] != 0) {
      if (isEntry(slots[slot] - 1, file, from, to)) {
        return false;
      }
      slot = slot + 1 & slots.length - 1;
    }
    slots[slot] = from + 1;
    size++;
    return true;
  }

  /** Whether the list has exactly this text. */
  public boolean contains(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return containsEncoded(text);
      }
    }
    int slot = slot(hashing.ofAscii(text));
    while (slots[slot] != 0) {
      if (isEntry(slots[slot] - 1, text)) {
        return true;
      }
      slot = slot + 1 & slots.length - 1;
    }
    return false;
  }

  private boolean containsEncoded(String text) {
    // Half a surrogate pair has no encoding: getBytes would put a question mark in its place.
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      return false;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int slot = slot(hashing.ofBytes(bytes, 0, bytes.length));
    while (slots[slot] != 0) {
      if (isEntry(slots[slot] - 1, bytes, 0, bytes.length)) {
        return true;
      }
      slot = slot + 1 & slots.length - 1;
    }
    return false;
  }

  private int slot(long hash) {
    return (int) (hash ^ hash >>> 32) & slots.length - 1;
  }

  private boolean isEntry(int at, String text) {
    if (text.isEmpty() || file.length - at < text.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (file[at + i] != text.charAt(i)) {
        return false;
      }
    }
    return endsAt(at + text.length());
  }

  private boolean isEntry(int at, byte[] bytes, int from, int to) {
    if (file.length - at < to - from) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (file[at + i - from] != bytes[i]) {
        return false;
      }
    }
    return endsAt(at + to - from);
  }

  private boolean endsAt(int at) {
    return at == file.length || file[at] == '\n';
  }

  public String name() {
    return name;
  }

  public int version() {
    return version;
  }

  /**
   * What its entries are: ids of text fields and {@code attributes.KEY}, as conditions write them;
   * empty for anything.
   */
  public List<String> of() {
    return of;
  }

  /** Number of entries, 0 to {@link #ENTRIES_MAX}. */
  public int size() {
    return size;
  }

  /** SHA-256 of the file, hex. */
  public String digest() {
    return digest;
  }

  /** Bytes of memory that its entries and their index take. */
  public long memoryBytes() {
    return file.length + (long) slots.length * Integer.BYTES;
  }

  /**
   * Eight bytes at a time are mixed into the state. Not cryptographic: it spreads entries, and
   * never decides.
   *
   * @param seed the state to begin with
   */
  @SuppressWarnings("ConstantOverflow") // The hash is defined modulo 2^64.
  private record Seeded(long seed) implements Hashing {

    @Override
    public long ofBytes(byte[] bytes, int from, int to) {
      long state = seed;
      long word = 0;
      for (int i = from; i < to; i++) {
        int place = i - from & 7;
        word |= (bytes[i] & 0xFFL) << (8 * place);
        if (place == 7) {
          state = mixed(state, word);
          word = 0;
        }
      }
      return finished(mixed(state, word) + to - from);
    }

    @Override
    public long ofAscii(String text) {
      long state = seed;
      long word = 0;
      for (int i = 0; i < text.length(); i++) {
        int place = i & 7;
        word |= (long) text.charAt(i) << (8 * place);
        if (place == 7) {
          state = mixed(state, word);
          word = 0;
        }
      }
      return finished(mixed(state, word) + text.length());
    }

    private static long mixed(long state, long word) {
      return Long.rotateLeft(state ^ word * WORD_MULTIPLIER, 29) * MULTIPLIER;
    }

    private static long finished(long state) {
      long hash = (state ^ state >>> 32) * WORD_MULTIPLIER;
      return hash ^ hash >>> 29;
    }
  }
}
