package io.vigil.model.registry;

import io.vigil.model.approval.Kind;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleException;
import java.io.IOException;

/** By which digest an artefact is known. Stateless. */
public final class Digests {

  private Digests() {}

  /**
   * The digest of an artefact: a bundle's is that of its manifest, of which all its files are
   * verified; of all others that of the bytes.
   *
   * @param origin where the bytes came from, for messages
   * @param bytes a bundle as its zip, all others as their file
   * @return 64 lower-case hex digits
   * @throws IllegalArgumentException when it is no bundle, or a feature spec, which comes with its
   *     model
   */
  public static String of(Kind kind, String origin, byte[] bytes) {
    return switch (kind) {
      case MODEL -> bundle(origin, bytes).digest();
      case RULE_SET, POLICY, RATES, LIST -> Artefacts.digest(bytes);
      case FEATURE_SPEC ->
          throw new IllegalArgumentException(
              "expected a model, which brings its feature spec along, got a spec alone");
    };
  }

  /**
   * Verifies what was read from a store, wherever that is.
   *
   * @param digest that it must have
   * @throws IOException when it has another one, or a bundle isn't the one zip that it is kept as
   */
  public static void verify(Kind kind, String digest, String origin, byte[] bytes)
      throws IOException {
    String found;
    try {
      found =
          kind == Kind.MODEL ? Bundle.ofKeptZip(origin, bytes).digest() : of(kind, origin, bytes);
    } catch (BundleException | IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
    if (!found.equals(digest)) {
      throw new IOException("%s: expected the digest %s, got %s".formatted(origin, digest, found));
    }
  }

  static Bundle bundle(String origin, byte[] zip) {
    try {
      return Bundle.ofZip(origin, zip);
    } catch (BundleException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }
}
