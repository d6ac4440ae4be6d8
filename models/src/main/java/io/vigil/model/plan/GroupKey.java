package io.vigil.model.plan;

import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import org.jspecify.annotations.Nullable;

/** What transactions are grouped by: a text field, mcc, or {@code attributes.KEY}. Immutable. */
public final class GroupKey {
  static final String EXPECTED = "a text field such as country or channel, mcc, or attributes.KEY";
  private static final String ATTRIBUTES = "attributes.";

  private final String id;
  private final @Nullable Field field;

  private GroupKey(String id, @Nullable Field field) {
    this.id = id;
    this.field = field;
  }

  /** The key of that name; null when there is none. */
  public static @Nullable GroupKey byId(String id) {
    if (id.startsWith(ATTRIBUTES) && id.length() > ATTRIBUTES.length()) {
      return new GroupKey(id, null);
    }
    Field field = Field.byId(id);
    return field != null && (field.type() == Field.Type.TEXT || field == Field.MCC)
        ? new GroupKey(id, field)
        : null;
  }

  public String id() {
    return id;
  }

  /** The transaction's group; null when it has none. */
  public @Nullable String of(Facts facts) {
    if (field == null) {
      return facts.attribute(id.substring(ATTRIBUTES.length()));
    }
    if (field != Field.MCC) {
      return facts.text(field);
    }
    double mcc = facts.number(Field.MCC);
    return Double.isNaN(mcc) ? null : Integer.toString((int) mcc);
  }
}
