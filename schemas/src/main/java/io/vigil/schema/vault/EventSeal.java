package io.vigil.schema.vault;

import static io.vigil.schema.vault.TransactionSeal.in;

import io.vigil.schema.Event;
import java.util.Map;
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
      vault.begin();
      Map<String, String> next = event.getNextTokens();
      Subject subject = vault.subject(event.getAccount(), in(next, "account"));
      event.setCard(token(Kind.CARD, event.getCard(), in(next, "card"), subject));
      event.setDevice(token(Kind.DEVICE, event.getDevice(), in(next, "device"), subject));
      event.setIp(token(Kind.IP, event.getIp(), in(next, "ip"), subject));
      String counterparty = event.getCounterparty();
      event.setCounterparty(
          counterparty == null
              ? null
              : vault.subject(counterparty, in(next, "counterparty")).pseudonym);
      String customer = event.getCustomer();
      event.setCustomer(
          customer == null
              ? null
              : vault.subject(Kind.CUSTOMER, customer, in(next, "customer")).pseudonym);
      event.setAccount(subject.pseudonym);
      event.setNextTokens(null);
    }
  }

  /**
   * The pseudonym of an account, or of a counterparty.
   *
   * @param next what it will be called under the next key of tokens; null when none is to come
   */
  public String account(String account, @Nullable String next) {
    synchronized (vault) {
      vault.begin();
      return vault.subject(account, next).pseudonym;
    }
  }

  /** The pseudonym of a customer, likewise. */
  public String customer(String customer, @Nullable String next) {
    synchronized (vault) {
      vault.begin();
      return vault.subject(Kind.CUSTOMER, customer, next).pseudonym;
    }
  }

  private @Nullable String token(
      Kind kind, @Nullable String value, @Nullable String next, Subject owner) {
    return value == null ? null : vault.token(kind, value, next, owner);
  }
}
