// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/english_rules.h"

namespace featurescope::demo {

const std::string_view kNatureRules = R"(
wild_animal = wolf | fox | bear | deer | hare | badger | lynx | wild boar | marten | squirrel | mouse
bird = eagle | owl | hawk | raven | crow | heron | swan | goose | duck | swallow | sparrow | finch | thrush | woodpecker
water_animal = otter | beaver | trout | salmon | pike | eel | frog | heron | crane | turtle
farm_animal = horse | cow | sheep | goat | donkey | pig | hen | dog | cat | mule
insect = beetle | bee | ant | butterfly | moth | spider | worm | snail
tree = oak | birch | pine | willow | beech | maple | ash tree | cherry tree | apple tree | chestnut | elm | lime tree
flower = rose | lily | tulip | poppy | violet | daisy
habitat = forest | meadow | river | mountain | swamp | field | lake | garden | desert | island

animal_article =
  {kind="mammal"}{creature=wild_animal}{animal_text}
  {kind="bird"}{creature=bird}{animal_text}
  {kind="animal"}{creature=water_animal}{animal_text}
animal_text =
  {tint=colour}{species=tint creature}{state=country}= {cap species} =\n\n{animal_opening} {animal_look} {animal_look}\n\n== Food and habits ==\n\n{animal_food} {animal_habit} {animal_habit}\n\n== Young ==\n\n{animal_young} {animal_danger}\n
animal_opening =
  The {species} is {a size kind} that lives in the {plural habitat} of {state}.
  The {species} is a species of {creature} found in {state} and {country}.
  The {species} is the most common {kind} in the {plural habitat} of {state}.
animal_look =
  It has {a colour body_part} and {a size} {tint} {body_part}.
  Its {body_part} is {colour} and its {body_part} is {colour}.
  The male is {size}, and the female is {colour} with {a tint body_part}.
  It grows to a length of {number 10 180} centimetres and weighs up to {number 2 90} kilograms.
  In {season_name} its {body_part} turns {colour}.
animal_food =
  It feeds on {plural insect}, {plural insect} and the seeds of {plural flower}.
  The {species} eats {plural insect} and {plural insect}, and in {season_name} also {plural wild_animal}.
  It hunts {plural insect} and small {plural bird} at night.
animal_habit =
  During the {day_time} it {often} sleeps in the {plural tree}.
  The {species} {often} lives alone, but in {season_name} it is seen in groups of {number 3 40}.
  {cap plural creature} of this kind {often} {hide_verb} in the {plural habitat}.
  It {often} {verbs animal_verb} near the {plural habitat} and {verbs animal_verb} in the {plural tree}.
  When it is afraid, it {verbs animal_verb} and {verbs animal_verb}.
hide_verb = hide | sleep | feed | hunt | sing | nest
animal_verb = hide | sleep | feed | hunt | sing | run | swim | jump | call | dig | rest
animal_young =
  The female has {number_word} to {number_word} young in {month}.
  In {month} the female lays {number_word} {colour} eggs.
  The young {plural creature} stay with the mother for {number_word} months.
animal_danger =
  Its enemies are the {wild_animal}, the {wild_animal} and the {bird}.
  The {species} was hunted for its {body_part} until {number 1880 1990}.
  There are only {number 100 900} {plural creature} of this species left in {state}.
  The {species} is protected by law in {state}.

tree_article =
  {tint=colour}{plant=tree}{species=tint plant}{state=country}= {cap species} =\n\n{tree_opening} {tree_look} {tree_look}\n\n== Uses ==\n\n{tree_use} {tree_use}\n
tree_opening =
  The {species} is a tree of the {plural habitat} of {state}.
  The {species} grows in the {plural habitat} of {state} and {country}.
tree_look =
  Its leaves are {colour} in {season_name} and {colour} in {season_name}.
  It grows to a height of {number 4 60} metres and can live for {number 50 900} years.
  The {colour} flowers open in {month}.
  Its fruit is {size} and {colour}, and {plural bird} like to eat it.
tree_use =
  The wood is {quality} and is used to build {plural wooden_thing}.
  From the leaves people make {a colour} dye for {goods}.
  In {state} the {species} is planted along the roads.
  {cap plural insect} live under its bark.
wooden_thing = boat | house | chair | table | bridge | cart | barrel

weather_diary =
  {year=number 1850 1990}{when=month}{day="0"}= Diary, {when} {year} =\n\n{diary_day}\n{diary_day}\n{diary_day}\n{diary_day}\n{diary_day}\n
diary_day =
  {day=number day+1 day+5}{weekday}, {day} {when}: {weather} {diary_event}
weather =
  {cap sky} in the {day_time}, {number 2 34} degrees.
  Rain in the {day_time}, wind from the {direction}.
  Snow and {sky} all day.
  {cap weather_word} and {sky}.
sky = clear | cloudy | foggy | sunny | windy | grey
diary_event =
  Saw {number_word} {plural bird} and {a wild_animal} near the {habitat}.
  The {plural flower} are open.
  {cap number_word} {plural farm_animal} are ill.
  We {past work_verb} the {plural tree} in the garden.
  Worked in the garden until the {day_time}.
work_verb = plant | cut | water | count | paint
)";

}  // namespace featurescope::demo
