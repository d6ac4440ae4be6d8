package io.vigil.cli;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What an inventory of models says of one; it stands in the bundle's provenance. */
final class InventoryOptions {

  @Option(
      names = "--owner",
      paramLabel = "WHO",
      description = "Who answers for the model, for the inventory.")
  private @Nullable String owner;

  @Option(
      names = "--tier",
      paramLabel = "TIER",
      description = "How much depends on it, in the bank's own words, such as 1 or high.")
  private @Nullable String tier;

  @Option(names = "--purpose", paramLabel = "TEXT", description = "What it is for.")
  private @Nullable String purpose;

  /** Adds what was given. */
  void addTo(Map<String, String> provenance) {
    put(provenance, Inventory.OWNER, owner);
    put(provenance, Inventory.TIER, tier);
    put(provenance, Inventory.PURPOSE, purpose);
  }

  private static void put(Map<String, String> provenance, String key, @Nullable String value) {
    if (value != null) {
      provenance.put(key, value);
    }
  }
}
