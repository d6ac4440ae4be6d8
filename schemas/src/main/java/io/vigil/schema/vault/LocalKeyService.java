package io.vigil.schema.vault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A key from the environment or a file. Neither it nor a part of it stands in a message. */
public final class LocalKeyService implements KeyService {
  /** The key itself, hex or base64, at least 32 bytes. */
  public static final String KEY_VARIABLE = "VIGIL_VAULT_KEY";

  /** The path of a file that holds the key, hex or base64. */
  public static final String KEY_FILE_VARIABLE = "VIGIL_VAULT_KEY_FILE";

  private static final int KEY_BYTES_MIN = 32;
  private static final byte[] CONTEXT = "vigil vault root".getBytes(StandardCharsets.US_ASCII);

  private final byte[] key;
  private final String id;

  /**
   * @param secret at least 32 bytes, not changed
   */
  public LocalKeyService(byte[] secret) {
    if (secret.length < KEY_BYTES_MIN) {
      throw new VaultException(
          "key of the vault: expected at least %d bytes, got %d"
              .formatted(KEY_BYTES_MIN, secret.length));
    }
    key = Crypto.derive(secret, "vigil vault wrap");
    id =
        "local:"
            + HexFormat.of()
                .formatHex(Crypto.derive(secret, "vigil vault key id"))
                .substring(0, 16);
  }

  /**
   * The key of the environment, or else that of the file {@code DIR.key} beside the vault, which is
   * made on first use and readable by its owner alone.
   *
   * @param notice told once when a key is made
   * @throws VaultException when the key is malformed, or its file is missing
   */
  public static LocalKeyService load(
      Map<String, String> environment, Path vault, Consumer<String> notice) {
    String key = environment.get(KEY_VARIABLE);
    if (key != null) {
      return new LocalKeyService(bytes(KEY_VARIABLE, key));
    }
    @Nullable String given = environment.get(KEY_FILE_VARIABLE);
    Path absolute = vault.toAbsolutePath().normalize();
    Path file =
        given != null ? Path.of(given) : absolute.resolveSibling(absolute.getFileName() + ".key");
    try {
      // A vault that is there already has a key somewhere: a new one could not open it.
      if (given == null && !RootKey.exists(absolute) && create(file)) {
        notice.accept(
            "Made a key for the vault in %s; to use your own, set %s or %s"
                .formatted(file, KEY_VARIABLE, KEY_FILE_VARIABLE));
      }
      return read(file);
    } catch (NoSuchFileException e) {
      throw new VaultException(
          "key of the vault: expected it in %s, or in the file %s that %s may name; got no such file"
              .formatted(KEY_VARIABLE, file, KEY_FILE_VARIABLE),
          e);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read the key of the vault", e);
    }
  }

  /**
   * The key that a file holds, hex or base64.
   *
   * @throws VaultException when it holds none
   * @throws IOException when it cannot be read
   */
  public static LocalKeyService read(Path file) throws IOException {
    return new LocalKeyService(bytes(file.toString(), Files.readString(file)));
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public byte[] wrap(byte[] root) {
    return Crypto.encrypt(key, Crypto.random(Crypto.NONCE_BYTES), CONTEXT, root);
  }

  @Override
  public byte[] unwrap(byte[] wrapped) {
    byte[] root = Crypto.decrypt(key, CONTEXT, wrapped);
    if (root == null) {
      throw new VaultException(
          "key of the vault: expected the one that it was made with, got " + id);
    }
    return root;
  }

  /** False when it was there before. */
  private static boolean create(Path file) throws IOException {
    if (Files.exists(file)) {
      return false;
    }
    Path folder = VaultFile.folder(file);
    Files.createDirectories(folder);
    // Written under another name first, so that nobody ever reads half a key.
    Path fresh =
        Files.createTempFile(
            folder,
            "vault-key",
            ".new",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    byte[] secret = Crypto.random(KEY_BYTES_MIN);
    try {
      Files.writeString(fresh, HexFormat.of().formatHex(secret) + "\n");
      VaultFile.force(fresh);
      Files.createLink(file, fresh);
      VaultFile.forceFolderOf(file);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false; // Another process was faster; its key counts.
    } finally {
      Arrays.fill(secret, (byte) 0);
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
      throw new VaultException(
          origin + ": expected a key in hex or base64, got " + key.length() + " other characters");
    }
  }
}
