package io.vigil.model.proof;

import io.vigil.model.approval.SigningKeys;
import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A named Ed25519 key of signed notes (C2SP signed-note). Immutable and thread-safe.
 *
 * @param name of the key, which is the log's origin
 * @param key the public key
 */
public record NoteKey(String name, PublicKey key) {
  private static final byte ED25519 = 1;
  private static final int ID_BYTES = 4;
  private static final String SIGNATURE = "\u2014 ";
  private static final int NOTE_CHARS_MAX = 64 * 1024;
  private static final Pattern NAME = Pattern.compile("[!-*,-~]{1,128}");

  /**
   * @throws IllegalArgumentException when the name has characters that a note could not hold
   */
  public NoteKey {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "origin: expected 1 to 128 printable ASCII characters without spaces and '+', got "
              + name.replaceAll("\\p{C}", "?"));
    }
  }

  /**
   * Reads the form {@code NAME+ID+BASE64} in which such keys are handed on.
   *
   * @throws IllegalArgumentException when it is something else, or the id is not the key's
   */
  public static NoteKey parse(String text) {
    String[] parts = text.strip().split("\\+", 3);
    if (parts.length == 3) {
      byte[] bytes = base64(parts[2]);
      if (bytes.length == 1 + MerkleHash.BYTES && bytes[0] == ED25519) {
        NoteKey key =
            new NoteKey(
                parts[0], SigningKeys.publicKey(Arrays.copyOfRange(bytes, 1, bytes.length)));
        if (key.text().equals(text.strip())) {
          return key;
        }
      }
    }
    throw new IllegalArgumentException(
        "key: expected NAME+ID+BASE64 of an Ed25519 key, got something else");
  }

  /** The form in which it is handed on. */
  public String text() {
    byte[] raw = SigningKeys.raw(key);
    byte[] typed = new byte[1 + raw.length];
    typed[0] = ED25519;
    System.arraycopy(raw, 0, typed, 1, raw.length);
    return name
        + "+"
        + HexFormat.of().formatHex(id())
        + "+"
        + Base64.getEncoder().encodeToString(typed);
  }

  /** SHA-256(name || 0x0A || 0x01 || key), the first four bytes. */
  private byte[] id() {
    byte[] named = (name + "\n").getBytes(StandardCharsets.UTF_8);
    byte[] raw = SigningKeys.raw(key);
    byte[] all = Arrays.copyOf(named, named.length + 1 + raw.length);
    all[named.length] = ED25519;
    System.arraycopy(raw, 0, all, named.length + 1, raw.length);
    return Arrays.copyOf(new MerkleHash().plain(all), ID_BYTES);
  }

  /**
   * A note with this key's signature; the same text always gives the same note.
   *
   * @param text ends in a new line
   * @param secret the private key
   */
  public String sign(String text, PrivateKey secret) {
    byte[] signature = SigningKeys.sign(secret, text.getBytes(StandardCharsets.UTF_8));
    byte[] id = id();
    byte[] all = Arrays.copyOf(id, ID_BYTES + signature.length);
    System.arraycopy(signature, 0, all, ID_BYTES, signature.length);
    return text + "\n" + SIGNATURE + name + " " + Base64.getEncoder().encodeToString(all) + "\n";
  }

  /**
   * The text of a note. Signatures of other keys, such as witnesses', are ignored.
   *
   * @throws IllegalArgumentException when it is no note, or this key has not signed it
   */
  public String open(String note) {
    int end = note.lastIndexOf("\n\n");
    if (note.length() > NOTE_CHARS_MAX
        || end < 0
        || end + 2 >= note.length()
        || !note.endsWith("\n")) {
      throw new IllegalArgumentException("note: expected text, an empty line, and signatures");
    }
    String text = note.substring(0, end + 1);
    boolean signed = false;
    for (String line : note.substring(end + 2, note.length() - 1).split("\n", -1)) {
      String[] parts = line.split(" ", -1);
      if (parts.length != 3 || !line.startsWith(SIGNATURE) || parts[1].isEmpty()) {
        throw new IllegalArgumentException("note: expected a signature on each last line");
      }
      byte[] bytes = base64(parts[2]);
      if (!parts[1].equals(name)
          || bytes.length < ID_BYTES
          || !Arrays.equals(id(), Arrays.copyOf(bytes, ID_BYTES))) {
        continue;
      }
      byte[] signature = Arrays.copyOfRange(bytes, ID_BYTES, bytes.length);
      if (!SigningKeys.signed(key, text.getBytes(StandardCharsets.UTF_8), signature)) {
        throw new IllegalArgumentException(
            "note: expected what the key of " + name + " signed, got an altered text");
      }
      signed = true;
    }
    if (!signed) {
      throw new IllegalArgumentException(
          "note: expected a signature by the key of " + name + ", got none");
    }
    return text;
  }

  /** One text for the same bytes: a bit that says nothing is a bit that was changed. */
  private static byte[] base64(String text) {
    try {
      byte[] bytes = Base64.getDecoder().decode(text);
      if (Base64.getEncoder().encodeToString(bytes).equals(text)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("note: expected base64, got other characters", e);
    }
    throw new IllegalArgumentException("note: expected canonical base64, got another text");
  }
}
