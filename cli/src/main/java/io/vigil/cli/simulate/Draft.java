package io.vigil.cli.simulate;

import io.vigil.schema.Channel;
import io.vigil.schema.EntryMode;
import org.jspecify.annotations.Nullable;

/**
 * A payment before it becomes a record. None is: card -1, merchant -1, terminal 0, device 0, ip 0.
 *
 * @param timeMs milliseconds since the epoch
 * @param card the account's card, from 0
 * @param cents euro cents
 */
record Draft(
    long timeMs,
    Account account,
    int card,
    int merchant,
    int terminal,
    long device,
    long ip,
    @Nullable String payee,
    long cents,
    Channel channel,
    EntryMode entryMode) {

  static Draft transfer(
      long timeMs, Account account, long device, long ip, String payee, long cents) {
    return new Draft(
        timeMs, account, -1, -1, 0, device, ip, payee, cents, Channel.TRANSFER, EntryMode.UNKNOWN);
  }

  static Draft online(
      long timeMs,
      Account account,
      int card,
      int merchant,
      long device,
      long ip,
      long cents,
      EntryMode entryMode) {
    return new Draft(
        timeMs, account, card, merchant, 0, device, ip, null, cents, Channel.ECOM, entryMode);
  }

  static Draft present(
      long timeMs,
      Account account,
      int card,
      int merchant,
      int terminal,
      long cents,
      Channel channel,
      EntryMode entryMode) {
    return new Draft(
        timeMs, account, card, merchant, terminal, 0, 0, null, cents, channel, entryMode);
  }
}
