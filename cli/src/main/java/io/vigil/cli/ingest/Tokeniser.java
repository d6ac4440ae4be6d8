package io.vigil.cli.ingest;

import io.vigil.cli.ingest.Source.Tokenise;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Turns card numbers and addresses into tokens before they leave this process: HMAC-SHA-256 under
 * the tenant's key, 64 hex digits. The same number under the same key is always the same token.
 * While the key is being changed it knows the next one, too. Thread-confined. Neither keys nor
 * numbers ever stand in a message.
 */
public final class Tokeniser {
  /** The key itself, hex or base64. */
  public static final String KEY_VARIABLE = "VIGIL_PAN_KEY";

  /** The path of a file that holds the key, hex or base64. */
  public static final String KEY_FILE_VARIABLE = "VIGIL_PAN_KEY_FILE";

  /** The key that will be in use next, while it is being changed, hex or base64. */
  public static final String NEXT_KEY_VARIABLE = "VIGIL_PAN_KEY_NEXT";

  /** The path of a file that holds it. */
  public static final String NEXT_KEY_FILE_VARIABLE = "VIGIL_PAN_KEY_NEXT_FILE";

  private static final String LOCAL_KEY_FILE = "pan.key";
  private static final int KEY_BYTES_MIN = 16;
  private static final int LOCAL_KEY_BYTES = 32;

  private final Mac mac;
  private String lastNormal = "";
  private String lastToken = "";
  private final @Nullable Tokeniser next;

  /**
   * @param key at least 16 bytes
   */
  public Tokeniser(byte[] key) {
    this(key, null);
  }

  /**
   * @param key at least 16 bytes
   * @param nextKey the key that will be in use next, another one; null when there is none
   */
  public Tokeniser(byte[] key, byte @Nullable [] nextKey) {
    if (nextKey != null && MessageDigest.isEqual(key, nextKey)) {
      throw new IngestException(
          "next key for card numbers: expected another than the one in use, got the same");
    }
    next = nextKey == null ? null : new Tokeniser(nextKey);
    if (key.length < KEY_BYTES_MIN) {
      throw new IngestException(
          "key for card numbers: expected at least " + KEY_BYTES_MIN + " bytes, got " + key.length);
    }
    try {
      mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every JDK has HmacSHA256", e);
    }
  }

  /**
   * The tokeniser with the key of the environment, or else with the one in the data directory,
   * which is made on first use and readable by its owner alone.
   *
   * @param notice told once when a key is made
   * @throws IngestException when the key is malformed or its file is missing
   */
  public static Tokeniser load(
      Map<String, String> environment, Path dataDirectory, Consumer<String> notice) {
    byte[] nextKey = key(environment, NEXT_KEY_VARIABLE, NEXT_KEY_FILE_VARIABLE);
    byte[] key = key(environment, KEY_VARIABLE, KEY_FILE_VARIABLE);
    if (key != null) {
      return new Tokeniser(key, nextKey);
    }
    try {
      Path local = dataDirectory.resolve(LOCAL_KEY_FILE);
      if (create(local)) {
        notice.accept(
            "Made a key for card numbers in "
                + local
                + "; to use your own, set "
                + KEY_VARIABLE
                + " or "
                + KEY_FILE_VARIABLE);
      }
      return new Tokeniser(bytes(local.toString(), Files.readString(local)), nextKey);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read the key for card numbers", e);
    }
  }

  /** A key of the environment, or null when neither variable is set. */
  private static byte @Nullable [] key(
      Map<String, String> environment, String variable, String fileVariable) {
    @Nullable String key = environment.get(variable);
    if (key != null) {
      return bytes(variable, key);
    }
    @Nullable String file = environment.get(fileVariable);
    if (file == null) {
      return null;
    }
    try {
      return bytes(file, Files.readString(Path.of(file)));
    } catch (NoSuchFileException e) {
      throw new IngestException(
          fileVariable + ": expected a file with a key, got " + file + ", which is missing", e);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read the key for card numbers", e);
    }
  }

  /**
   * The same, but where {@link #load} would make a key, one that is gone with this process.
   *
   * @param notice told when it is such a key
   */
  public static Tokeniser tryOut(
      Map<String, String> environment, Path dataDirectory, Consumer<String> notice) {
    if (!environment.containsKey(KEY_VARIABLE)
        && !environment.containsKey(KEY_FILE_VARIABLE)
        && !Files.exists(dataDirectory.resolve(LOCAL_KEY_FILE))) {
      notice.accept("tokens are under a key of this run: " + KEY_VARIABLE + " is not set");
      byte[] key = new byte[LOCAL_KEY_BYTES];
      new SecureRandom().nextBytes(key);
      return new Tokeniser(key, key(environment, NEXT_KEY_VARIABLE, NEXT_KEY_FILE_VARIABLE));
    }
    return load(environment, dataDirectory, notice);
  }

  String token(Tokenise kind, String value) {
    String normal =
        kind == Tokenise.PAN
            ? value.replace(" ", "").replace("-", "")
            : value.toLowerCase(Locale.ROOT);
    // Account and card are often the same cell.
    if (lastToken.isEmpty() || !normal.equals(lastNormal)) {
      lastToken = HexFormat.of().formatHex(mac.doFinal(normal.getBytes(StandardCharsets.UTF_8)));
      lastNormal = normal;
    }
    return lastToken;
  }

  /** What will be its token under the next key; null when no key is being changed. */
  @Nullable String nextToken(Tokenise kind, String value) {
    return next == null ? null : next.token(kind, value);
  }

  /** A card number's token, and the one under the next key if there is one. */
  public List<String> ofCard(String number) {
    return tokens(Tokenise.PAN, number);
  }

  /** An address's token, and the one under the next key if there is one. */
  public List<String> ofAddress(String address) {
    return tokens(Tokenise.IP, address);
  }

  private List<String> tokens(Tokenise kind, String value) {
    @Nullable String following = nextToken(kind, value);
    return following == null ? List.of(token(kind, value)) : List.of(token(kind, value), following);
  }

  /** False when it was there before. */
  private static boolean create(Path file) throws IOException {
    if (Files.exists(file)) {
      return false;
    }
    byte[] key = new byte[LOCAL_KEY_BYTES];
    new SecureRandom().nextBytes(key);
    Files.createDirectories(file.toAbsolutePath().getParent());
    // Written under another name first, so that nobody ever reads half a key.
    Path fresh =
        Files.createTempFile(
            file.toAbsolutePath().getParent(),
            LOCAL_KEY_FILE,
            ".new",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Files.writeString(fresh, HexFormat.of().formatHex(key) + "\n");
      Files.createLink(file, fresh);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false; // Another process was faster; its key counts.
    } finally {
      Files.delete(fresh);
    }
  }

  private static byte[] bytes(String origin, String text) {
    String key = text.strip();
    try {
      return key.matches("([0-9a-fA-F]{2})+")
          ? HexFormat.of().parseHex(key)
          : Base64.getDecoder().decode(key);
    } catch (IllegalArgumentException e) {
      // Not the cause: its message may show a part of the key.
      throw new IngestException(
          origin + ": expected a key in hex or base64, got " + key.length() + " other characters");
    }
  }
}
