package io.vigil.job.feature;

import io.vigil.model.event.Claims;
import io.vigil.model.event.Entity;
import io.vigil.model.event.Fact;
import io.vigil.schema.FactValue;
import io.vigil.schema.Profile;
import org.jspecify.annotations.Nullable;

/** A view of a profile as features read it. */
public record ProfileClaims(Profile profile) implements Claims {
  /** The entity's kind is checked when a profile is read. */
  @Override
  public Entity entity() {
    Entity entity = Entity.byId(profile.getEntity());
    if (entity == null) {
      throw new IllegalArgumentException("entity: expected one of the stream's, got another");
    }
    return entity;
  }

  @Override
  public String entityId() {
    return profile.getEntityId();
  }

  @Override
  public @Nullable Fact fact(String name) {
    FactValue value = profile.getFacts().get(name);
    if (value == null) {
      return null;
    }
    String text = value.getText();
    Double number = value.getNumber();
    return number != null ? Fact.of(number) : text != null ? Fact.of(text) : Fact.NONE;
  }
}
