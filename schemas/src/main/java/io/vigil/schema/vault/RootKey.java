package io.vigil.schema.vault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;

/**
 * A vault's own key, random, kept beside its files and wrapped by the key service. It finds people
 * by keyed hash and wraps their keys. Not thread-safe.
 */
final class RootKey {
  private static final String FILE = "root";
  private static final String FORMAT = "vigil-vault 1";
  private static final int LOOKUP_BYTES = 16;

  private final Mac lookup;
  private final byte[] wrapKey;

  private RootKey(byte[] root) {
    lookup = Crypto.mac(Crypto.derive(root, "lookup"));
    wrapKey = Crypto.derive(root, "wrap");
    Arrays.fill(root, (byte) 0);
  }

  /** What a value is found by: 128 bits of HMAC-SHA-256 over kind and value. */
  record Lookup(long high, long low) {
    static Lookup read(ByteBuffer in) {
      return new Lookup(in.getLong(), in.getLong());
    }

    void write(ByteBuffer out) {
      out.putLong(high).putLong(low);
    }

    static int bytes() {
      return LOOKUP_BYTES;
    }
  }

  static boolean exists(Path vault) {
    return Files.exists(vault.resolve(FILE));
  }

  /**
   * The vault's key, which is made when the vault is new.
   *
   * @throws VaultException when the service's key is not the one that it was made with
   */
  static RootKey open(Path vault, KeyService service) throws IOException {
    Path file = vault.resolve(FILE);
    if (!Files.exists(file)) {
      create(file, service);
    }
    return new RootKey(service.unwrap(wrapped(vault, service)));
  }

  /** Puts the key under another one. The file is the old or the new one wherever this stops. */
  static void rewrap(Path vault, KeyService from, KeyService to) throws IOException {
    Path file = vault.resolve(FILE);
    byte[] root = from.unwrap(wrapped(vault, from));
    try (FileChannel old = FileChannel.open(file, StandardOpenOption.WRITE)) {
      Path fresh = write(file, to, root);
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      VaultFile.forceFolderOf(file);
      // The bytes that the old key opens are still on the disk, under no name.
      old.write(ByteBuffer.allocate((int) old.size()), 0);
      old.force(true);
    } finally {
      Arrays.fill(root, (byte) 0);
    }
  }

  private static byte[] wrapped(Path vault, KeyService service) throws IOException {
    Path file = vault.resolve(FILE);
    List<String> lines = Files.readAllLines(file, StandardCharsets.US_ASCII);
    if (lines.size() != 3 || !lines.get(0).equals(FORMAT)) {
      throw new VaultException(
          file + ": expected the key of a vault of format 1, got another file");
    }
    if (!lines.get(1).equals(service.id())) {
      throw new VaultException(
          "vault %s: expected the key %s, got %s".formatted(vault, lines.get(1), service.id()));
    }
    return HexFormat.of().parseHex(lines.get(2));
  }

  private static void create(Path file, KeyService service) throws IOException {
    byte[] root = Crypto.random(Crypto.KEY_BYTES);
    Path fresh = write(file, service, root);
    Arrays.fill(root, (byte) 0);
    try {
      Files.createLink(file, fresh);
      VaultFile.forceFolderOf(file);
    } catch (FileAlreadyExistsException e) {
      // Another process was faster; its key counts.
    } finally {
      Files.delete(fresh);
    }
  }

  /** Beside the file, whole and on the disk. */
  private static Path write(Path file, KeyService service, byte[] root) throws IOException {
    String wrapped = HexFormat.of().formatHex(service.wrap(root));
    Path folder = VaultFile.folder(file);
    Path fresh =
        Files.createTempFile(
            folder,
            FILE,
            ".new",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(fresh, String.join("\n", FORMAT, service.id(), wrapped) + "\n");
    VaultFile.force(fresh);
    return fresh;
  }

  Lookup lookup(Kind kind, String value) {
    lookup.update((byte) kind.code());
    return Lookup.read(ByteBuffer.wrap(lookup.doFinal(value.getBytes(StandardCharsets.UTF_8))));
  }

  /**
   * A person's key, 32 bytes, as it is stored: 60 bytes.
   *
   * @param whose the person's pseudonym: what is wrapped for one cannot be taken for another's
   */
  byte[] wrap(byte[] dataKey, byte[] whose) {
    return Crypto.encrypt(wrapKey, Crypto.random(Crypto.NONCE_BYTES), whose, dataKey);
  }

  byte[] unwrap(byte[] wrapped, byte[] whose) {
    byte[] dataKey = Crypto.decrypt(wrapKey, whose, wrapped);
    if (dataKey == null) {
      throw new VaultException("vault: the key of a subject is damaged");
    }
    return dataKey;
  }

  static int wrappedBytes() {
    return Crypto.NONCE_BYTES + Crypto.KEY_BYTES + Crypto.TAG_BYTES;
  }
}
