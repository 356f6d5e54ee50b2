// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/english_rules.h"

namespace featurescope::demo {

const std::string_view kHistoryRules = R"(
realm = {country}
ruler_m = {ruler=male_name}{title="King"}{rhe="he"}{rhis="his"}
ruler_f = {ruler=female_name}{title="Queen"}{rhe="she"}{rhis="her"}
regnal = I | II | III | IV | V | VI
nickname = the Great | the Old | the Bold | the Wise | the Good | the Red | the Silent

kingdom_article =
  {ruler_m}{reign_text}
  {ruler_f}{reign_text}
reign_text =
  {land=realm}{count=regnal}{start=number 1050 1680}{stop=number start+4 start+40}= {ruler} {count} of {land} =\n\n{reign_opening} {reign_before}\n\n== Reign ==\n\n{reign_event} {reign_event} {reign_event}\n\n{reign_event} {reign_law}\n\n== Death ==\n\n{reign_end}\n
reign_opening =
  {ruler} {count}, called "{nickname}", was {title} of {land} from {start} to {stop}.
  {ruler} {count} ruled {land} from {start} until {stop}.
  {title} {ruler} {count} was the {ordinal_word} ruler of {land} and reigned from {start} to {stop}.
reign_before =
  {cap rhe} was crowned in {city} on {date} {start}.
  Before {start} {rhe} had been Duke of {town_name}.
  {cap rhis} mother was a sister of the King of {country}.
reign_event =
  In {number start stop} {title} {ruler} {past war_verb} the army of {country} near {town_name}.
  The {title} built {a quality building} in {city}.
  In {number start stop} {rhe} made peace with the King of {country}.
  {cap rhis} army of {number 2 60},000 men crossed the {river_name} in {month} {number start stop}.
  The people of {city} rose against the {title} in {number start stop}.
  {cap rhe} gave land to the monks of {town_name}.
  {ruler} {count} lost the castle of {town_name} to the Duke of {city}.
war_verb = defeat | fight | meet | attack | destroy | follow
reign_law =
  A new law of {number start stop} said that no merchant could sell {goods} on {weekday}.
  In the law of {number start stop} the {title} says: "No man shall take {goods} from the {building}."
  {cap rhe} ordered that all {plural farm_animal} in {land} be counted.
reign_end =
  {title} {ruler} died in {stop} and was buried in the cathedral of {city}. {cap rhe} was followed by {rhis} {heir}, {male_name}.
  In {stop} the {title} fell from {rhis} horse and died {number_word} days later.
  {ruler} {count} was killed in {city} in {stop}. After {rhis} death there was a war for the throne.
heir = son | brother | nephew | cousin

battle_article =
  {site=town_name}{one=country}{two=country}{year=number 1100 1870}{when=month}{general=surname}{other=surname}= Battle of {site} =\n\n{battle_opening} {battle_cause}\n\n== Armies ==\n\n{army_size} {army_state}\n\n== Battle ==\n\n{battle_course} {battle_course} {battle_course}\n\n== Result ==\n\n{battle_end}\n
battle_opening =
  The Battle of {site} was fought on {number 1 28} {when} {year} between the armies of {one} and {two}.
  The Battle of {site} took place near the town of {site} in {when} {year}.
battle_cause =
  The war between {one} and {two} had begun in {number year-6 year-1}.
  {one} had lost the city of {city} to {two} in {number year-6 year-1}.
  Both sides wanted to hold the bridge over the {river_name}.
army_size =
  General {general} led {number 3 80},000 soldiers, and General {other} had {number 3 80},000.
  The army of {one} had {number 3 80},000 men and {number 20 90} guns, the army of {two} had {number 3 80},000 men and {number 20 90} guns.
army_state =
  The soldiers of {one} were {feeling} and had eaten nothing for {number_word} days.
  The army of {two} stood on a hill to the {direction} of {site}.
  The horses of {two} were {feeling} after the long march from {city}.
battle_course =
  In the {day_time} General {general} attacked from the {direction}.
  The soldiers of {two} broke through the line near the {building}.
  At {number 2 12} o'clock the {building} of {site} was on fire.
  General {other} sent {number 2 9}00 men across the river.
  The guns of {one} destroyed the {building} on the {direction} side of the town.
  "We must hold the {building}," said General {general}, and he rode to the {direction}.
battle_end =
  {one} won the battle and lost {number 2 9},{number 100 999} men.
  {two} won the battle. General {general} was taken to {city} and died there in {number year+1 year+20}.
  Neither side won. In {number year+1 year+5} {one} and {two} made peace in {city}.
  After the battle {one} had to give {city} to {two}.

ship_article =
  {ship=ship_name}{year=number 1790 1930}{owner=country}= {ship} (ship) =\n\n{ship_opening} {ship_size}\n\n== Voyages ==\n\n{ship_voyage} {ship_voyage} {ship_voyage}\n\n{ship_end}\n
ship_name = {colour_name} Star | {female_name} {surname} | Morning Star | {colour_name} Swan | Sea Eagle | Queen {female_name} | King {male_name}
ship_opening =
  The {ship} was a sailing ship of {owner}. She was built in {city} in {year}.
  The {ship} was {a material} ship, built for {owner} in {year}.
ship_size =
  She was {number 20 120} metres long and carried {number 10 90} guns.
  She had {number_word} masts and a crew of {number 20 300} men under Captain {captain=surname}{captain}.
ship_voyage =
  In {month} {number year+1 year+20} she left {city} for {country} with {goods} and {goods}.
  On {date} {number year+1 year+20} the {ship} met a storm near the coast of {country}.
  She carried {number 20 300} soldiers from {city} to {city}.
  The crew found a small island and named it after {female_name} {surname}.
  After {number 20 90} days at sea there was no more {food} on board.
ship_end =
  The {ship} was lost near {country} in {number year+20 year+40}. Only {number_word} men were saved.
  In {number year+20 year+40} she was sold to a merchant of {city}, who used her to carry {goods}.
  The {ship} was broken up in {city} in {number year+20 year+40}.
)";

}  // namespace featurescope::demo
