package io.vigil.schema.vault;

import io.vigil.schema.Transaction;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Takes people out of transactions, and shows them again to who may see them. Amounts, times,
 * merchants and places are not touched: nothing that decides sees a difference.
 *
 * <p>Accounts, counterparties and customers are subjects of the vault, which keeps their names.
 * Cards, devices and addresses become tokens; what they were, the card reference and attributes
 * stand in {@code sealed}, under the account's key, bound to account, event time and amount. Each
 * field there: code (1), for an attribute its key (length 2, UTF-8), the value (length 4, UTF-8, or
 * 32 bytes). As thread-safe as the vault.
 */
public final class TransactionSeal {
  private static final int CARD = 1;
  private static final int CARD_REFERENCE = 2;
  private static final int DEVICE = 3;
  private static final int IP = 4;
  private static final int ATTRIBUTE = 16;

  /** Added to a code: the value is a keyed hash, 32 bytes that are written in lower-case hex. */
  private static final int HASH = 64;

  private static final int HASH_BYTES = 32;

  private final Vault vault;

  public TransactionSeal(Vault vault) {
    this.vault = vault;
  }

  /**
   * What a transaction's pseudonyms stood for.
   *
   * @param counterparty null when there is none, or when it was erased itself
   * @param customer likewise
   * @param fields of card, card_reference, device and ip those that it has
   * @param attributes those that identify people
   */
  public record Revealed(
      String account,
      @Nullable String counterparty,
      @Nullable String customer,
      Map<String, String> fields,
      Map<String, String> attributes) {}

  /**
   * Puts pseudonyms in place of people, within the vault's batch: the transaction may leave the
   * process after {@link Vault#commit}. The same transaction gives the same one again. What it says
   * of the next key of tokens goes into the vault: pseudonyms stay the same under both keys.
   *
   * @param identifying attributes that identify people, which go into the seal alone
   */
  public void seal(Transaction transaction, Map<String, String> identifying) {
    synchronized (vault) {
      vault.begin();
      Map<String, String> next = transaction.getNextTokens();
      Subject subject = vault.subject(transaction.getAccount(), in(next, "account"));
      byte[] text = text(transaction, identifying);
      transaction.setAccount(subject.pseudonym);
      transaction.setCard(token(Kind.CARD, transaction.getCard(), in(next, "card"), subject));
      transaction.setDevice(
          token(Kind.DEVICE, transaction.getDevice(), in(next, "device"), subject));
      transaction.setIp(token(Kind.IP, transaction.getIp(), in(next, "ip"), subject));
      transaction.setCardReference(null);
      String counterparty = transaction.getCounterparty();
      if (counterparty != null) {
        transaction.setCounterparty(
            vault.subject(counterparty, in(next, "counterparty")).pseudonym);
      }
      String customer = transaction.getCustomer();
      if (customer != null) {
        transaction.setCustomer(
            vault.subject(Kind.CUSTOMER, customer, in(next, "customer")).pseudonym);
      }
      transaction.setNextTokens(null);
      if (text.length > 0) {
        transaction.setSealed(ByteBuffer.wrap(vault.key(subject).seal(context(transaction), text)));
      }
    }
  }

  /**
   * Shows people again; the reading is kept in the vault's journal first.
   *
   * @throws VaultException when the account is unknown to the vault or erased, or the seal is not
   *     this transaction's
   */
  public Revealed reveal(Transaction transaction, String by) {
    String pseudonym = transaction.getAccount();
    String what = "transaction " + transaction.getTransactionId();
    String account = vault.reveal(pseudonym, by, what);
    @Nullable String counterparty = unlessErased(transaction.getCounterparty(), by, what);
    @Nullable String customer = unlessErased(transaction.getCustomer(), by, what);
    Map<String, String> fields = new LinkedHashMap<>();
    Map<String, String> attributes = new LinkedHashMap<>();
    ByteBuffer sealed = transaction.getSealed();
    if (sealed != null) {
      byte[] bytes = new byte[sealed.remaining()];
      sealed.duplicate().get(bytes);
      Optional<byte[]> text = vault.open(pseudonym, context(transaction), bytes);
      if (text.isPresent()) {
        read(ByteBuffer.wrap(text.get()), fields, attributes);
      }
    }
    return new Revealed(account, counterparty, customer, fields, attributes);
  }

  private @Nullable String unlessErased(@Nullable String pseudonym, String by, String what) {
    return pseudonym == null
            || vault.status(pseudonym).filter(each -> each.erased() == null).isEmpty()
        ? null
        : vault.reveal(pseudonym, by, what);
  }

  private @Nullable String token(
      Kind kind, @Nullable String value, @Nullable String next, Subject owner) {
    return value == null ? null : vault.token(kind, value, next, owner);
  }

  /** What an entity is under the next key of tokens; null when that is not said. */
  static @Nullable String in(@Nullable Map<String, String> tokens, String entity) {
    return tokens == null ? null : tokens.get(entity);
  }

  private static byte[] context(Transaction transaction) {
    byte[] account = transaction.getAccount().getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(account.length + 2 * Long.BYTES)
        .put(account)
        .putLong(transaction.getEventTime())
        .putLong(transaction.getAmountMinor())
        .array();
  }

  private static byte[] text(Transaction transaction, Map<String, String> identifying) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      put(out, CARD, transaction.getCard());
      put(out, CARD_REFERENCE, transaction.getCardReference());
      put(out, DEVICE, transaction.getDevice());
      put(out, IP, transaction.getIp());
      for (Map.Entry<String, String> attribute : identifying.entrySet()) {
        out.writeByte(ATTRIBUTE);
        byte[] key = attribute.getKey().getBytes(StandardCharsets.UTF_8);
        out.writeShort(key.length);
        out.write(key);
        value(out, attribute.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("A write to memory failed", e);
    }
    return bytes.toByteArray();
  }

  private static void put(DataOutputStream out, int code, @Nullable String value)
      throws IOException {
    if (value == null) {
      return;
    }
    byte[] hash = hash(value);
    if (hash == null) {
      out.writeByte(code);
      value(out, value);
    } else {
      out.writeByte(code + HASH);
      out.write(hash);
    }
  }

  private static byte @Nullable [] hash(String value) {
    if (value.length() != 2 * HASH_BYTES) {
      return null;
    }
    byte[] hash = new byte[HASH_BYTES];
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
      if (digit < 0) {
        return null;
      }
      hash[i / 2] = (byte) (hash[i / 2] << 4 | digit);
    }
    return hash;
  }

  private static void value(DataOutputStream out, String value) throws IOException {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    out.writeInt(utf8.length);
    out.write(utf8);
  }

  private static void read(
      ByteBuffer in, Map<String, String> fields, Map<String, String> attributes) {
    try {
      while (in.hasRemaining()) {
        int code = in.get();
        switch (code & ~HASH) {
          case CARD -> fields.put("card", value(in, code));
          case CARD_REFERENCE -> fields.put("card_reference", value(in, code));
          case DEVICE -> fields.put("device", value(in, code));
          case IP -> fields.put("ip", value(in, code));
          case ATTRIBUTE -> {
            String key = text(in, in.getShort());
            attributes.put(key, text(in, in.getInt()));
          }
          default -> throw new VaultException("sealed: expected a known field, got " + code);
        }
      }
    } catch (BufferUnderflowException | NegativeArraySizeException e) {
      throw new VaultException("sealed: expected whole fields, got a part of one", e);
    }
  }

  private static String value(ByteBuffer in, int code) {
    if ((code & HASH) == 0) {
      return text(in, in.getInt());
    }
    byte[] hash = new byte[HASH_BYTES];
    in.get(hash);
    return HexFormat.of().formatHex(hash);
  }

  private static String text(ByteBuffer in, int length) {
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
