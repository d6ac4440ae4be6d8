package io.vigil.schema.vault;

import io.vigil.schema.Event;
import org.jspecify.annotations.Nullable;

/**
 * Takes people out of events and profiles: the same pseudonyms as {@link TransactionSeal} gives, so
 * that they meet their transactions. Nothing else of an event identifies anybody, so nothing is
 * sealed. As thread-safe as the vault.
 */
public final class EventSeal {
  private final Vault vault;

  public EventSeal(Vault vault) {
    this.vault = vault;
  }

  /**
   * Puts pseudonyms in place of people, within the vault's batch: the event may leave the process
   * after {@link Vault#commit}.
   */
  public void seal(Event event) {
    synchronized (vault) {
      String account = event.getAccount();
      event.setCard(token(Kind.CARD, event.getCard(), account));
      event.setDevice(token(Kind.DEVICE, event.getDevice(), account));
      event.setIp(token(Kind.IP, event.getIp(), account));
      String counterparty = event.getCounterparty();
      event.setCounterparty(counterparty == null ? null : account(counterparty));
      String customer = event.getCustomer();
      event.setCustomer(customer == null ? null : customer(customer));
      event.setAccount(account(account));
    }
  }

  /** The pseudonym of an account, or of a counterparty. */
  public String account(String account) {
    synchronized (vault) {
      vault.begin();
      return vault.subject(account).pseudonym;
    }
  }

  /** The pseudonym of a customer. */
  public String customer(String customer) {
    return vault.customer(customer);
  }

  private @Nullable String token(Kind kind, @Nullable String value, String account) {
    return value == null ? null : vault.token(kind, value, account);
  }
}
