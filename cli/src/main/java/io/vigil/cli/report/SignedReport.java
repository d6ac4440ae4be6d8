package io.vigil.cli.report;

import io.vigil.model.approval.SigningKeys;
import io.vigil.model.drift.ReportJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.util.Map;

/**
 * A report as a file that is signed: canonical JSON, and beside it {@code FILE.sig}, the 64 bytes
 * of an Ed25519 signature over the file's bytes. They begin with a brace, which no other thing does
 * that Vigil's keys sign. Stateless.
 */
public final class SignedReport {
  private static final long BYTES_MAX = 256L << 20;

  private SignedReport() {}

  /** Where the signature of a file is. */
  public static Path signature(Path file) {
    return file.resolveSibling(file.getFileName() + ".sig");
  }

  /** Writes both files, the signature last. */
  public static void write(Path file, Map<String, ?> json, PrivateKey key) throws IOException {
    byte[] bytes = ReportJson.canonical(json);
    Files.deleteIfExists(signature(file));
    Files.write(file, bytes);
    Files.write(signature(file), SigningKeys.sign(key, bytes));
  }

  /**
   * The bytes of a report that this key signed.
   *
   * @throws IOException when they cannot be read, are no report, or differ from what was signed
   */
  public static byte[] verified(Path file, PublicKey key) throws IOException {
    if (Files.size(file) > BYTES_MAX) {
      throw new IOException(file + ": expected a report, got " + Files.size(file) + " bytes");
    }
    byte[] bytes = Files.readAllBytes(file);
    byte[] signature = Files.readAllBytes(signature(file));
    if (bytes.length == 0 || bytes[0] != '{') {
      throw new IOException(file + ": expected a report, got something else");
    }
    if (!SigningKeys.signed(key, bytes, signature)) {
      throw new IOException(
          "%s: expected what the key %s signed, got other bytes or another signature"
              .formatted(file, SigningKeys.id(key)));
    }
    return bytes;
  }
}
