package io.vigil.model.artefact;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Digests of artefacts, and those that come with Vigil. */
public final class Artefacts {

  private Artefacts() {}

  /** SHA-256 of the text's UTF-8 bytes, 64 lower-case hex digits. */
  public static String digest(String text) {
    return digest(text.getBytes(StandardCharsets.UTF_8));
  }

  /** SHA-256 of the bytes, 64 lower-case hex digits. */
  public static String digest(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }

  /**
   * The text of an artefact that comes with Vigil.
   *
   * @param path below io/vigil/model, such as rules/default.yaml
   * @throws IllegalArgumentException when there is none at that path
   */
  public static String builtIn(String path) {
    try (InputStream in = Artefacts.class.getResourceAsStream("/io/vigil/model/" + path)) {
      if (in == null) {
        throw new IllegalArgumentException("expected a built-in artefact, got " + path);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
