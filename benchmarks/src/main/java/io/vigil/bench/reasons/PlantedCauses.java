package io.vigil.bench.reasons;

import io.vigil.cli.simulate.FraudKind;
import io.vigil.model.reason.ReasonCode;
import java.util.EnumSet;
import java.util.Set;

/**
 * Which reasons name what the simulator planted. Taken from docs/simulator.md and from what its
 * scripts do, before anything was measured; a reason that is true of a fraud but not what sets it
 * apart is not among them.
 */
final class PlantedCauses {
  private PlantedCauses() {}

  /** Codes that name the cause of that kind of fraud. */
  static Set<ReasonCode> of(FraudKind kind) {
    return switch (kind) {
      // "Counts, amounts and speed of the card": one card, many shops, much money, within hours.
      case STOLEN_CARD_SPREE ->
          EnumSet.of(ReasonCode.VELOCITY, ReasonCode.AMOUNT_UNUSUAL, ReasonCode.UNUSUAL_PLACE);
      // "Distinct cards of the device and of the merchant in an hour". Not the small amounts:
      // many honest payments are small too.
      case CARD_TESTING -> EnumSet.of(ReasonCode.SHARED_DEVICE, ReasonCode.MERCHANT_ACTIVITY);
      // "A new device with high amounts, mostly to two new payees".
      case ACCOUNT_TAKEOVER ->
          EnumSet.of(ReasonCode.NEW_DEVICE, ReasonCode.AMOUNT_UNUSUAL, ReasonCode.NEW_PAYEE);
      // "Label rate of the terminal" where the merchant takes part. Elsewhere the leak shows in
      // nothing: there it is the copy that is planted, read by its stripe, or a stranger's device.
      case MERCHANT_COMPROMISE ->
          EnumSet.of(
              ReasonCode.TERMINAL_RISK,
              ReasonCode.MERCHANT_RISK,
              ReasonCode.ENTRY_MODE,
              ReasonCode.NEW_DEVICE);
      // "Distinct accounts of the device, and of the payee".
      case MULE_RING -> EnumSet.of(ReasonCode.SHARED_DEVICE, ReasonCode.SHARED_PAYEE);
      // "Amounts against the account's own history", from a device of the thief's.
      case SLOW_HIGH_CNP -> EnumSet.of(ReasonCode.AMOUNT_UNUSUAL, ReasonCode.NEW_DEVICE);
    };
  }
}
