package io.vigil.model.event;

import org.jspecify.annotations.Nullable;

/**
 * What behaviour can be kept for. The code is part of every state key and must never change, nor
 * must the order, which says which of a pair comes first there.
 */
public enum Entity {
  ACCOUNT('a', Field.ACCOUNT),
  CARD('c', Field.CARD),
  MERCHANT('m', Field.MERCHANT),
  TERMINAL('t', Field.TERMINAL),
  DEVICE('d', Field.DEVICE),
  IP('i', Field.IP),
  COUNTERPARTY('p', Field.COUNTERPARTY),
  /** Who holds the account; may hold several. */
  CUSTOMER('u', Field.CUSTOMER);

  private final char code;
  private final Field field;

  Entity(char code, Field field) {
    this.code = code;
    this.field = field;
  }

  /** One character that stands for the entity in state keys. */
  public char code() {
    return code;
  }

  /** The field that holds the entity's key. */
  public Field field() {
    return field;
  }

  /** The entity of that name, or null when there is none. */
  public static @Nullable Entity byId(String id) {
    for (Entity entity : values()) {
      if (entity.field.id().equals(id)) {
        return entity;
      }
    }
    return null;
  }
}
