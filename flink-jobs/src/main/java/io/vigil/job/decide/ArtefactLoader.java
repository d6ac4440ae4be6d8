package io.vigil.job.decide;

import io.vigil.job.ArtefactSet;
import io.vigil.job.ListFile;
import io.vigil.job.control.ArtefactTooLargeException;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.model.approval.ArtefactStore;
import io.vigil.model.approval.Kind;
import io.vigil.model.approval.Refusal;
import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleException;
import io.vigil.model.feature.Feature;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.feature.SpecException;
import io.vigil.model.policy.Policy;
import io.vigil.model.rule.RuleSet;
import io.vigil.model.score.ScoringException;
import io.vigil.model.serving.ScoringService;
import io.vigil.model.serving.ServedModel;
import io.vigil.schema.Digest;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Brings artefacts from the registry into service: their bytes by digest, verified, held against
 * what the job is made of, models also against their golden logits, and warm. What the job was
 * started with needs no registry. Thread-safe.
 */
final class ArtefactLoader {
  /** The subtasks of a JVM load one after the other: each model's bytes are in memory once. */
  private static final ReentrantLock MODELS = new ReentrantLock();

  /** The second subtask finds what the first has read; a list waits for no model. */
  private static final ReentrantLock LISTS = new ReentrantLock();

  /** At most four bytes each, less than a record of the control topic may have. */
  private static final int SPEC_CHARS_MAX = 100_000;

  private final ArtefactSet artefacts;
  private final ScoringService service;
  private final ArtefactStore registry;
  private final long bytesMax;

  /** An artefact in service. */
  sealed interface Loaded {
    /** Its name. */
    String name();

    /** Its version. */
    int version();

    /** Its digest, hex. */
    String digest();

    /**
     * A model.
     *
     * @param specFingerprint of its own feature spec
     * @param names of the features that a vector must begin with
     * @param added the text of its feature spec if it reads features that the spec lacks under
     *     which it was loaded, else null
     */
    record Model(
        ModelInForce model,
        String name,
        int version,
        String digest,
        String specFingerprint,
        List<String> names,
        @Nullable String added)
        implements Loaded {

      /** How many features a vector must have at least. */
      int width() {
        return names.size();
      }

      /** Whether it reads vectors of that spec, or of that spec with what it brings, aright. */
      boolean fits(FeatureSpec spec) {
        int common = Math.min(width(), spec.features().size());
        for (int i = 0; i < common; i++) {
          if (!names.get(i).equals(spec.features().get(i).name())) {
            return false;
          }
        }
        return true;
      }
    }

    record Rules(RuleSet rules) implements Loaded {
      @Override
      public String name() {
        return rules.name();
      }

      @Override
      public int version() {
        return rules.version();
      }

      @Override
      public String digest() {
        return rules.digest();
      }
    }

    record ListOf(ListFile file) implements Loaded {
      @Override
      public String name() {
        return file.list().name();
      }

      @Override
      public int version() {
        return file.list().version();
      }

      @Override
      public String digest() {
        return file.list().digest();
      }
    }

    record PolicyOf(Policy policy) implements Loaded {
      @Override
      public String name() {
        return policy.name();
      }

      @Override
      public int version() {
        return policy.version();
      }

      @Override
      public String digest() {
        return policy.digest();
      }
    }
  }

  /** An artefact cannot come into service. */
  static final class NotLoadedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String code;

    NotLoadedException(String code, Throwable cause) {
      super(String.valueOf(cause.getMessage()), cause);
      this.code = code;
    }

    NotLoadedException(String code, String message) {
      super(message);
      this.code = code;
    }

    Refusal refusal() {
      return new Refusal(code, String.valueOf(getMessage()));
    }
  }

  /**
   * @param bytesMax the largest artefact that is read
   */
  ArtefactLoader(
      ArtefactSet artefacts, ScoringService service, ArtefactStore registry, long bytesMax) {
    this.artefacts = artefacts;
    this.service = service;
    this.registry = registry;
    this.bytesMax = bytesMax;
  }

  /**
   * Loads an artefact; a model is to be closed by the caller.
   *
   * @param under the feature spec that it is to go with; a model may extend it
   * @throws NotLoadedException when it is not there, not what it should be, or does not fit
   * @throws InterruptedException when this thread is to give up before its turn came
   */
  Loaded load(Kind kind, String digest, SpecTimeline.Span under)
      throws NotLoadedException, InterruptedException {
    try {
      return switch (kind) {
        case MODEL -> model(digest, under);
        case LIST -> list(digest);
        case RULE_SET ->
            new Loaded.Rules(RuleSet.read(text(kind, digest), digest, names(under.spec())));
        case POLICY -> new Loaded.PolicyOf(artefacts.policy(text(kind, digest), digest));
        default -> throw new NotLoadedException("kind_not_live", "nothing loads a " + kind.id());
      };
    } catch (FileNotFoundException e) {
      throw new NotLoadedException("artefact_missing", e);
    } catch (ArtefactTooLargeException e) {
      throw new NotLoadedException("artefact_too_large", e);
    } catch (IOException | BundleException e) {
      throw new NotLoadedException("artefact_not_verified", e);
    } catch (ArtefactException | IllegalArgumentException e) {
      throw new NotLoadedException("artefact_does_not_fit", e);
    } catch (ScoringException e) {
      throw new NotLoadedException("artefact_does_not_run", e);
    }
  }

  private Loaded list(String digest) throws IOException, InterruptedException {
    LISTS.lockInterruptibly();
    try {
      ListFile file = artefacts.list(digest);
      if (file == null) {
        file = ListFile.held(digest);
      }
      if (file == null) {
        file = ListFile.of(registry.read(Kind.LIST, digest, bytesMax), digest);
        requireDigest(digest, file.list().digest());
      }
      return new Loaded.ListOf(file);
    } finally {
      LISTS.unlock();
    }
  }

  private Loaded model(String digest, SpecTimeline.Span under)
      throws NotLoadedException, IOException, InterruptedException {
    MODELS.lockInterruptibly();
    try {
      return modelAlone(digest, under);
    } finally {
      MODELS.unlock();
    }
  }

  private Loaded modelAlone(String digest, SpecTimeline.Span under)
      throws NotLoadedException, IOException {
    Bundle bundle = artefacts.bundle(digest);
    if (bundle == null) {
      bundle = Bundle.ofZip(digest, registry.read(Kind.MODEL, digest, bytesMax));
      requireDigest(digest, bundle.digest());
    }
    FeatureSpec own =
        FeatureSpec.read(bundle.featureSpec(), bundle.manifest().name() + "/features.yaml");
    List<String> names;
    try {
      names = names(under.spec().with(own));
    } catch (IllegalArgumentException e) {
      throw new NotLoadedException("other_features", e);
    }
    int width = 0;
    for (String feature : bundle.manifest().features()) {
      width = Math.max(width, names.indexOf(feature) + 1);
    }
    String added = null;
    if (width > under.spec().features().size()) {
      added = bundle.featureSpec();
      requireReadable(added, under);
    }
    // No further than it reads: what extends the spec later, or is yet to come, is not its matter.
    ServedModel served = service.serve(bundle, names.subList(0, width));
    return new Loaded.Model(
        new ModelInForce(
            served, new Digest(HexFormat.of().parseHex(digest)), bundle.manifest().calibration()),
        bundle.manifest().name(),
        bundle.manifest().version(),
        digest,
        FeaturePlan.compile(own).fingerprint(),
        List.copyOf(names.subList(0, width)),
        added);
  }

  /** What goes to the log must be read there by everybody, behind the spec in force. */
  private static void requireReadable(String added, SpecTimeline.Span under)
      throws NotLoadedException {
    Refusal refusal = unreadable(added, under);
    if (refusal != null) {
      throw new NotLoadedException(refusal.code(), refusal.message());
    }
  }

  /** Why a text cannot go to the log; null when it can. */
  static @Nullable Refusal unreadable(String added, SpecTimeline.Span under) {
    if (added.length() > SPEC_CHARS_MAX) {
      return new Refusal(
          "spec_too_large",
          "feature spec: expected at most %d characters, for it stands in the log, got %d"
              .formatted(SPEC_CHARS_MAX, added.length()));
    }
    try {
      FeaturePlan.compile(
          FeatureSpec.read(
              FeatureSpec.joined(under.yaml(), added), "features.yaml behind the spec in force"));
      return null;
    } catch (SpecException | IllegalArgumentException e) {
      return new Refusal("artefact_does_not_fit", String.valueOf(e.getMessage()));
    }
  }

  private static List<String> names(FeatureSpec spec) {
    return spec.features().stream().map(Feature::name).toList();
  }

  private String text(Kind kind, String digest) throws IOException {
    String known = artefacts.text(kind, digest);
    if (known != null) {
      return known;
    }
    String text = new String(registry.read(kind, digest, bytesMax), StandardCharsets.UTF_8);
    requireDigest(digest, Artefacts.digest(text));
    return text;
  }

  private static void requireDigest(String expected, String found) throws IOException {
    if (!found.equals(expected)) {
      throw new IOException("artefact: expected the SHA-256 " + expected + ", got " + found);
    }
  }
}
