package io.vigil.job.control;

import io.vigil.model.approval.Alias;
import io.vigil.model.approval.Kind;
import io.vigil.schema.ArtefactKind;
import org.jspecify.annotations.Nullable;

/** The contract's words for artefacts and places in those of the core. */
public final class Kinds {
  private Kinds() {}

  /** Null for what this version does not know. */
  public static @Nullable Kind of(ArtefactKind kind) {
    return switch (kind) {
      case FEATURE_SPEC -> Kind.FEATURE_SPEC;
      case MODEL -> Kind.MODEL;
      case RULE_SET -> Kind.RULE_SET;
      case POLICY -> Kind.POLICY;
      case RATES -> Kind.RATES;
      case LIST -> Kind.LIST;
      case UNKNOWN, SPLIT -> null;
    };
  }

  /** Null for what this version does not know. */
  public static @Nullable Alias of(io.vigil.schema.Alias alias) {
    return switch (alias) {
      case CHAMPION -> Alias.CHAMPION;
      case CHALLENGER -> Alias.CHALLENGER;
      case SHADOW -> Alias.SHADOW;
      case UNKNOWN -> null;
    };
  }
}
