package io.vigil.cli;

import io.vigil.model.approval.SigningKeys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.EnumSet;
import java.util.Set;

/**
 * A pair of keys as two files beside each other: {@code NAME.key}, which only its owner may read,
 * and {@code NAME.pub}. The private key is in no message, no log and no other file.
 */
public final class KeyFiles {
  private static final String PRIVATE = ".key";
  private static final String PUBLIC = ".pub";
  private static final Set<PosixFilePermission> OWNER =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  private KeyFiles() {}

  /** Where the private key is. */
  public static Path privateFile(Path folder, String name) {
    return folder.resolve(name + PRIVATE);
  }

  static Path publicFile(Path folder, String name) {
    return folder.resolve(name + PUBLIC);
  }

  /**
   * Writes a new pair; nothing is ever replaced.
   *
   * @throws CliException when one of the files is there, or the file system knows no owner
   */
  public static void write(Path folder, String name, KeyPair pair) {
    Path secret = privateFile(folder, name);
    Path open = publicFile(folder, name);
    try {
      Files.createDirectories(folder);
      if (Files.exists(open)) {
        throw new FileAlreadyExistsException(open.toString());
      }
      // Nobody else can open it at any time: it is created with this mode.
      try (SeekableByteChannel out =
          Files.newByteChannel(
              secret,
              EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(OWNER))) {
        ByteBuffer pem =
            StandardCharsets.US_ASCII.encode(SigningKeys.privatePem(pair.getPrivate()));
        while (pem.hasRemaining()) {
          out.write(pem);
        }
      }
      Files.writeString(
          open, SigningKeys.publicPem(pair.getPublic()), StandardOpenOption.CREATE_NEW);
    } catch (FileAlreadyExistsException e) {
      throw new CliException("expected a new name, got one that is there: " + e.getMessage(), e);
    } catch (UnsupportedOperationException e) {
      throw new CliException(
          "expected a file system on which a file can be its owner's alone, got " + folder, e);
    } catch (IOException e) {
      throw new CliException("cannot write keys to " + folder + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads a pair.
   *
   * @param secret the private key's file, the public one beside it
   * @throws CliException when others may read it, or the two are no pair
   */
  static KeyPair read(Path secret) {
    String file = secret.toString();
    if (!file.endsWith(PRIVATE)) {
      throw new CliException("key: expected a file that ends in .key, got " + file);
    }
    Path open = Path.of(file.substring(0, file.length() - PRIVATE.length()) + PUBLIC);
    String pem = KeysCommand.text("key", secret);
    requireOwners(secret);
    String publicPem = KeysCommand.text("public key", open);
    return ModelCommand.checked(
        () -> {
          KeyPair pair =
              new KeyPair(SigningKeys.readPublic(publicPem), SigningKeys.readPrivate(pem));
          if (!SigningKeys.pair(pair.getPrivate(), pair.getPublic())) {
            throw new IllegalArgumentException(
                "expected the public key of %s, got another in %s".formatted(secret, open));
          }
          return pair;
        });
  }

  /**
   * Reads a public key.
   *
   * @throws CliException when the file holds something else
   */
  public static PublicKey readPublic(Path file) {
    String pem = KeysCommand.text("public key", file);
    return ModelCommand.checked(() -> SigningKeys.readPublic(pem));
  }

  private static void requireOwners(Path secret) {
    try {
      Set<PosixFilePermission> mode = EnumSet.noneOf(PosixFilePermission.class);
      mode.addAll(Files.getPosixFilePermissions(secret));
      if (!OWNER.containsAll(mode)) {
        throw new CliException(
            "key: expected a file that its owner alone may read (chmod 600), got %s of mode %s"
                .formatted(secret, PosixFilePermissions.toString(mode)));
      }
    } catch (IOException e) {
      throw new CliException("key " + secret + " cannot be read: " + e.getMessage(), e);
    } catch (UnsupportedOperationException e) {
      throw new CliException(
          "expected a file system on which a file can be its owner's alone, got " + secret, e);
    }
  }
}
